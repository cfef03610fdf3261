package kernel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// module is source that is built mended. Its hash is in kernel.sum: mends are
// written for exactly these bytes.
type module struct {
	path, version string
	mends         []mend
}

// mend replaces one passage of one file.
type mend struct{ file, old, new string }

var gophernotes = module{"github.com/gopherdata/gophernotes", "v0.7.5", []mend{
	// go/types represents aliases by a type of their own since Go 1.23, which
	// gomacro does not know.
	{"main.go", "package main\n", "//go:debug gotypesalias=0\n\npackage main\n"},

	// The interface asks for a map. gomacro checks that a proxy implements its
	// interface, and panics at the start where it does not.
	{"x_package.go", "JSON_  func(interface{}) string", "JSON_  func(interface{}) map[string]interface{}"},
	{"x_package.go", "func (P *proxy_JSONer) JSON() string {", "func (P *proxy_JSONer) JSON() map[string]interface{} {"},

	// gomacro would ask the go command for the types of every package that it
	// meets, a second each. Without, it sees them by reflection. And "interrupt"
	// should end the cell, not the kernel with all that was computed.
	{"kernel.go", "	ir := interp.New()\n", `	ir := interp.New()
	ir.Comp.Universe.Importer = &xreflect.Importer{}
	base.StartSignalHandler(ir.Interrupt)
`},

	// By this, front ends know how to colour the code.
	{"kernel.go", `				FileExtension: ".go",
`, `				FileExtension: ".go", MIMEType: "text/x-go", PygmentsLexer: "go", CodeMirrorMode: "go",
`},

	// A cell that ends in a call which fails, as plots.Efficiency(…) may, would
	// show the figure that is none beside the error, and count as a success. One
	// that does not fail would show "<nil>" after the rest.
	{"kernel.go", `		if nonNilCount > 0 {
			return values, types, nil
		}
`, `		if n := len(values); n > 1 && types[n-1].String() == "error" {
			if err, ok := values[n-1].(error); ok {
				return nil, nil, err
			}
			values, types = values[:n-1], types[:n-1]
		}

		if nonNilCount > 0 {
			return values, types, nil
		}
`},

	// An error is one line.
	{"kernel.go", "	vals, types, executionErr := doEval(ir, outerr, code)\n", `	vals, types, executionErr := doEval(ir, outerr, code)
	if executionErr != nil {
		executionErr = errors.New(strings.NewReplacer("\n\t", ": ", "\n", "; ").Replace(strings.TrimSpace(executionErr.Error())))
	}
`},
}}

var gomacro = module{"github.com/cosmos72/gomacro", "v0.0.0-20231101204900-3dc08f5f8fea", []mend{
	// The reflect.Value itself was taken for the constant, so no literal could be
	// used where a named string is asked for, as in plots.Options{Protocol: "P1"}.
	{"base/untyped/lit.go", "		ret = v.Convert(t.ReflectType())\n", "		ret = v.Convert(t.ReflectType()).Interface()\n"},

	// It is known that generic functions cannot be imported: no need to say it of
	// each at every start.
	{"go/types/converter.go", `			if e := recover(); e != nil {
				fmt.Printf("// warning: skipping import of %v:\t%v\n", g, e)
			}
`, "			_ = recover()\n"},
}}

// apply mends the copy of the source in dir. It refuses to touch a passage that
// is not there exactly once.
func (m mend) apply(dir string) error {
	path := filepath.Join(dir, filepath.FromSlash(m.file))
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("not the source that is mended here: %w", err)
	}
	if n := bytes.Count(source, []byte(m.old)); n != 1 {
		return fmt.Errorf("not the source that is mended here: %s has %q %d times, want once", m.file, firstLine(m.old), n)
	}
	return os.WriteFile(path, bytes.Replace(source, []byte(m.old), []byte(m.new), 1), 0o644)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// copyTo copies the module from the module cache into dir, and mends it.
func (m module) copyTo(ctx context.Context, dir string) error {
	from, err := m.download(ctx)
	if err != nil {
		return err
	}
	if err := copySource(from, dir); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	for _, mend := range m.mends {
		if err := mend.apply(dir); err != nil {
			return fmt.Errorf("%s %s: %w", m.path, m.version, err)
		}
	}
	return nil
}

// download has the go command fetch the module and check it against kernel.sum,
// and returns its folder in the module cache.
func (m module) download(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "hgbench-kernel")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module download\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "go.sum"), kernelSum, 0o600),
	)
	if err != nil {
		return "", err
	}
	out, err := goCommand(ctx, dir, nil, "mod", "download", "-json", m.path+"@"+m.version)
	var got struct{ Dir, Error string }
	if len(out) > 0 {
		if err := json.Unmarshal(out, &got); err != nil {
			return "", fmt.Errorf("go mod download: %w", err)
		}
	}
	if got.Error != "" {
		return "", errors.New(oneLine(got.Error))
	}
	return got.Dir, err
}

// copySource copies what is built, and the logos. The module cache is read-only;
// the copies are not.
func copySource(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			if strings.HasPrefix(e.Name(), "_") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		if !copied(e.Name()) {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o644)
	})
}

func copied(name string) bool {
	switch filepath.Ext(name) {
	case ".go":
		return !strings.HasSuffix(name, "_test.go")
	case ".s", ".h", ".mod", ".png":
		return true
	}
	return false
}
