package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Options of Install and Uninstall. Both functions must be set.
type Options struct {
	// Source is a folder in hgbench's source; "" is the current one.
	Source string

	// Replace is asked before a kernelspec of the same name that is not from
	// here is replaced or removed.
	Replace func(folder string) bool

	// Progress is told what is being done, a line at a time.
	Progress func(line string)
}

// ErrNotOurs says that there is a kernelspec of the same name that was not
// installed from here, and that nobody allowed it to be replaced.
var ErrNotOurs = errors.New("is of another installation")

// Install builds the kernel and registers it with Jupyter. What was installed
// before keeps working until everything of the new is ready.
func Install(ctx context.Context, o Options) error {
	source, err := findSource(o.Source)
	if err != nil {
		return err
	}
	tools := FindTools(ctx)
	if err := tools.missing(); err != nil {
		return err
	}
	spec, err := SpecFolder()
	if err != nil {
		return err
	}
	if err := mayReplace(spec, o); err != nil {
		return err
	}
	// Better now than after the minutes of a build.
	if err := writable(filepath.Dir(spec)); err != nil {
		return err
	}
	if tools.Compiler == "" {
		o.Progress("no C compiler found, so notebooks can import only what is linked into the kernel; for other packages " + howToGetCompiler())
	}
	o.Progress("building the kernel with " + tools.Go + ": a minute or two the first time")
	digest, err := sourceDigest(source)
	if err != nil {
		return err
	}
	dir, err := buildFolder()
	if err != nil {
		return err
	}
	binary, err := build(ctx, dir, source, tools)
	if err != nil {
		return err
	}
	s := kernelspec{Argv: []string{binary, "{connection_file}"}, DisplayName: "Go (hgbench)", Language: "go"}
	s.Metadata.Hgbench = &origin{Source: source, Digest: digest, Go: tools.Go}
	if err := writeSpec(spec, s, filepath.Join(dir, "source", "kernel")); err != nil {
		return err
	}
	o.Progress("installed the kernel " + Name + " in " + spec)
	return nil
}

// Uninstall removes the kernelspec and what Install built.
func Uninstall(o Options) error {
	spec, err := SpecFolder()
	if err != nil {
		return err
	}
	if err := mayReplace(spec, o); err != nil {
		return err
	}
	dir, err := buildFolder()
	if err != nil {
		return err
	}
	removed := false
	for _, folder := range []string{spec, dir} {
		if _, err := os.Lstat(folder); err != nil {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove the kernel: %w", err)
		}
		removed = true
		o.Progress("removed " + folder)
	}
	if !removed {
		o.Progress("there is no kernel " + Name + " to remove")
	}
	return nil
}

// mayReplace asks where a kernelspec is not from here.
func mayReplace(folder string, o Options) error {
	spec, found, err := readSpec(folder)
	if err != nil || !found || spec.Metadata.Hgbench != nil || o.Replace(folder) {
		return err
	}
	return fmt.Errorf("the kernelspec %s %w", folder, ErrNotOurs)
}

// writable makes a folder, and tells whether files can be put there.
func writable(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("folder for kernels: %w", err)
	}
	probe, err := os.MkdirTemp(folder, ".probe")
	if err != nil {
		return fmt.Errorf("folder for kernels: %w", err)
	}
	return os.Remove(probe)
}

// buildFolder holds source and binary.
func buildFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("folder to build in: %w", err)
	}
	return filepath.Join(cache, "hgbench", "kernel"), nil
}

// build makes the kernel in dir and returns the path of the binary. The source
// is written anew each time; the go command's own cache makes that cheap.
func build(ctx context.Context, dir, source string, tools Tools) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("folder to build in: %w", err)
	}
	work := filepath.Join(dir, "source")
	if err := os.RemoveAll(work); err != nil {
		return "", fmt.Errorf("folder to build in: %w", err)
	}
	if err := gophernotes.copyTo(ctx, work); err != nil {
		return "", err
	}
	if err := gomacro.copyTo(ctx, filepath.Join(work, gomacroFolder)); err != nil {
		return "", err
	}
	if err := writeModule(work, source); err != nil {
		return "", err
	}
	// Plugins can be opened by a program that was linked with cgo only.
	env := []string{"CGO_ENABLED=0"}
	if tools.Compiler != "" {
		env = []string{"CGO_ENABLED=1"}
	}
	if err := writeBindings(ctx, work, env); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, Name)
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if _, err := goCommand(ctx, work, env, "build", "-o", binary+".new", "."); err != nil {
		return "", fmt.Errorf("build the kernel: %w", err)
	}
	if err := os.Rename(binary+".new", binary); err != nil {
		return "", fmt.Errorf("build the kernel: %w", err)
	}
	return binary, nil
}

func howToGetCompiler() string {
	switch runtime.GOOS {
	case "darwin":
		return "xcode-select --install, then install the kernel again"
	case "windows":
		return "there is no way on Windows, where Go has no plugins"
	}
	return "apt install gcc, dnf install gcc or the like, then install the kernel again"
}
