package plots

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Save writes dir/name.png and dir/name.svg, and makes dir if it does not
// exist; an empty name means the figure's own. Each file is whole or not
// there: it is written under another name, synced, and renamed.
func Save(fig Figure, dir, name string) error {
	if name == "" {
		name = fig.Name
	}
	if !fileName.MatchString(name) {
		return fmt.Errorf("figure name %q: want letters, digits, dots, dashes and underscores, without a folder", name)
	}
	pixels, err := fig.PNG()
	if err != nil {
		return err
	}
	vector, err := fig.SVG()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	return errors.Join(
		replace(filepath.Join(dir, name+".png"), pixels),
		replace(filepath.Join(dir, name+".svg"), vector),
	)
}

func replace(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("figure %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close() // a second Close is harmless
			os.Remove(f.Name())
			err = fmt.Errorf("figure %s: %w", path, err)
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
