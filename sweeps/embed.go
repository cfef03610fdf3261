package sweeps

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"hgbench/bench/strict"
)

//go:embed *.yaml paper/*.yaml
var embedded embed.FS

// Default is the sweep to run when none is named.
const Default = "quick"

// names of the embedded sweeps: the default one, the others, the paper's.
func names() []string {
	list := []string{Default}
	for _, pattern := range []string{"*.yaml", "paper/*.yaml"} {
		files, _ := fs.Glob(embedded, pattern) // only a malformed pattern errs
		for _, f := range files {
			if name := strings.TrimSuffix(f, ".yaml"); name != Default {
				list = append(list, name)
			}
		}
	}
	return list
}

// List gives the embedded sweeps, the default one first.
func List() []*Sweep {
	var list []*Sweep
	for _, name := range names() {
		s, err := loadEmbedded(name)
		if err != nil {
			panic("embedded sweep: " + err.Error())
		}
		list = append(list, s)
	}
	return list
}

// Load gives the embedded sweep of that name, or else the sweep in that file,
// with assignments as in Parse.
func Load(nameOrPath string, set ...string) (*Sweep, error) {
	if _, err := fs.Stat(embedded, nameOrPath+".yaml"); err == nil {
		return loadEmbedded(nameOrPath, set...)
	}
	src, err := strict.ReadFile(nameOrPath)
	switch {
	case err == nil:
		return Parse(nameOrPath, src, set...)
	case strings.HasSuffix(nameOrPath, ".yaml") || strings.HasSuffix(nameOrPath, ".yml") || !os.IsNotExist(err):
		return nil, fmt.Errorf("sweep: %w", err)
	}
	known := names()
	if near, ok := strict.Nearest(nameOrPath, known); ok {
		return nil, fmt.Errorf("unknown sweep %q, and no such file; did you mean %s?", nameOrPath, near)
	}
	return nil, fmt.Errorf("unknown sweep %q, and no such file; want one of %s, or the path of a sweep file", nameOrPath, strings.Join(known, ", "))
}

func loadEmbedded(name string, set ...string) (*Sweep, error) {
	src, err := embedded.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("sweep %s: %w", name, err)
	}
	return Parse(name+".yaml", src, set...)
}
