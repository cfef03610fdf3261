package plots

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"hgbench/internal/atomicfile"
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
	err = errors.Join(
		atomicfile.Write(filepath.Join(dir, name+".png"), pixels),
		atomicfile.Write(filepath.Join(dir, name+".svg"), vector),
	)
	if err != nil {
		return fmt.Errorf("figure %w", err)
	}
	return nil
}
