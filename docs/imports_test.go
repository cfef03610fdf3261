package docs_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Packages of the project import what the table of design.md allows, and every
// package is in the table. Tests may import more.
func TestImportDirections(t *testing.T) {
	allowed := make(map[string][]string)
	for _, r := range read(t, "docs/design.md").tables()["folder"] {
		allowed[r[0]] = strings.FieldsFunc(r[2], func(c rune) bool { return c == ',' || c == ' ' || c == '–' })
	}
	if len(allowed) < 10 {
		t.Fatalf("design.md has only %d folders", len(allowed))
	}
	for _, p := range packages(t) {
		folder := folderOf(p.path(), allowed)
		if folder == "" {
			if p.path() != "docs" { // these tests
				t.Errorf("package %s is in no folder of design.md", p.path())
			}
			continue
		}
		for _, i := range p.imports() {
			if within(i, folder) || slices.ContainsFunc(allowed[folder], func(a string) bool { return within(i, a) }) {
				continue
			}
			t.Errorf("%s imports %s; design.md allows %s only %v", p.path(), i, folder, allowed[folder])
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

const module = "hgbench/"

func (p goPackage) path() string { return strings.TrimPrefix(p.ImportPath, module) }

// imports of packages of the project.
func (p goPackage) imports() []string {
	var list []string
	for _, i := range p.Imports {
		if own, ok := strings.CutPrefix(i, module); ok {
			list = append(list, own)
		}
	}
	return list
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// folderOf is the deepest of the folders that a package is in.
func folderOf(pkg string, folders map[string][]string) string {
	best := ""
	for folder := range folders {
		if within(pkg, folder) && len(folder) > len(best) {
			best = folder
		}
	}
	return best
}

func within(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }
