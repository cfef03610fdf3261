package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Name of the kernel: notebooks ask for it.
const Name = "gophernotes"

// kernelspec tells Jupyter how to start a kernel, see
// https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs.
type kernelspec struct {
	Argv        []string `json:"argv"`
	DisplayName string   `json:"display_name"`
	Language    string   `json:"language"`
	Metadata    struct {
		Hgbench *origin `json:"hgbench,omitempty"`
	} `json:"metadata"`
}

// origin of a kernel that was installed from here.
type origin struct {
	Source string `json:"source"` // folder
	Digest string `json:"digest"` // of what was built in
	Go     string `json:"go"`     // version that built it
}

// dataFolder is where Jupyter keeps the user's kernels: what "jupyter --data-dir"
// says, without the seconds it takes.
func dataFolder() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("folder for kernels: %w", err)
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Jupyter"), nil
	case "windows":
		if dir := os.Getenv("APPDATA"); dir != "" {
			return filepath.Join(dir, "jupyter"), nil
		}
		return filepath.Join(home, ".jupyter", "data"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// SpecFolder is where the kernelspec goes.
func SpecFolder() (string, error) {
	dir, err := dataFolder()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "kernels", Name), nil
}

// readSpec reads the kernelspec in a folder; found is false if there is none.
// One that cannot be understood is somebody else's.
func readSpec(folder string) (spec kernelspec, found bool, err error) {
	data, err := os.ReadFile(filepath.Join(folder, "kernel.json"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(folder); err == nil {
			return spec, true, nil
		}
		return spec, false, nil
	}
	if err != nil {
		return spec, false, fmt.Errorf("kernelspec: %w", err)
	}
	if json.Unmarshal(data, &spec) != nil {
		spec = kernelspec{}
	}
	return spec, true, nil
}

// writeSpec puts a kernelspec with its logos into a folder, whole or not at all.
func writeSpec(folder string, spec kernelspec, logos string) (err error) {
	parent := filepath.Dir(folder)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("folder for kernels: %w", err)
	}
	next, err := os.MkdirTemp(parent, "."+Name)
	if err != nil {
		return fmt.Errorf("folder for kernels: %w", err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(next)
		}
	}()
	if err := os.Chmod(next, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(next, "kernel.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	for _, logo := range []string{"logo-32x32.png", "logo-64x64.png"} {
		data, err := os.ReadFile(filepath.Join(logos, logo))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(next, logo), data, 0o644); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("replace kernelspec: %w", err)
	}
	return os.Rename(next, folder)
}
