package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// check type-checks the source of a package.
func check(t *testing.T, path, source string) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := (&types.Config{Importer: importer.ForCompiler(fset, "source", nil)}).Check(path, fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

const sample = `package sample

import "io"

const (
	Count     = 3
	Big       = 1 << 40
	Huge      = 1 << 63
	Beyond    = 1 << 80
	Third     = 1.0 / 3
	Name      = "n"
	Flag      = true
	Typed int8 = 4
	hidden    = 1
)

var Shared = 1

func Do(a, b int) error { return nil }
func Map[T any](v []T) []T { return v }

type Base struct{}
func (Base) Grow() {}

type Derived struct { Base; X int }
func (*Derived) Own() {}

type Pair[T any] struct{ A, B T }
type Number interface{ ~int | ~float64 }
type Alias = Derived

type Shape interface {
	io.Writer
	Area(scale float64, names ...string) (float64, error)
}
type Sealed interface { sealed() }
`

// TestBind: every exported thing that exists at run time is registered, and
// nothing else.
func TestBind(t *testing.T) {
	source, err := bind(check(t, "example.com/my-pkg/sample", sample))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`[ \t]+`).ReplaceAllString(string(source), " ")
	const p = "x_example_dcom_smy_mpkg_ssample"
	for _, want := range []string{
		"// Code generated for example.com/my-pkg/sample; DO NOT EDIT.",
		p + ` "example.com/my-pkg/sample"`,
		`Packages["example.com/my-pkg/sample"] = Package{`,
		`Name: "sample"`,
		`"Count": reflect.ValueOf(` + p + `.Count),`,
		`"Big": reflect.ValueOf(int64(` + p + `.Big)),`,
		`"Huge": reflect.ValueOf(uint64(` + p + `.Huge)),`,
		`"Beyond": reflect.ValueOf(float64(` + p + `.Beyond)),`,
		`"Typed": reflect.ValueOf(` + p + `.Typed),`,
		`"Shared": reflect.ValueOf(&` + p + `.Shared).Elem(),`,
		`"Do": reflect.ValueOf(` + p + `.Do),`,
		`"Derived": reflect.TypeFor[` + p + `.Derived](),`,
		`"Alias": reflect.TypeFor[` + p + `.Alias](),`,
		`"Beyond": "int:1208925819614629174706176"`,
		`"Third": "float:1/3"`,
		`"Name": "string:n"`,
		`"Flag": "bool:true"`,
		`"Derived": []string{"Grow"}`,
		`"Shape": reflect.TypeFor[P_Shape_` + p + `](),`,
		`Area_ func(any, float64, ...string) (float64, error)`,
		`Area(a0 float64, a1 ...string) (float64, error) {`,
		`return p.Area_(p.Object, a0, a1...)`,
		`Write(a0 []byte) (int, error) {`,
		`"Sealed": reflect.TypeFor[` + p + `.Sealed](),`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
	for _, unwanted := range []string{"hidden", "Map", "Pair", "Number", "P_Sealed", `"Typed": "int`} {
		if strings.Contains(text, unwanted) {
			t.Errorf("%s must not be in\n%s", unwanted, text)
		}
	}
}

// TestBindCompiles: what is written for packages with everything in them is Go
// that type-checks.
func TestBindCompiles(t *testing.T) {
	folder := t.TempDir()
	paths := []string{"io", "math", "net/http", "sort", "go/types"}
	if err := run(append([]string{folder}, paths...)); err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	registry, err := parser.ParseFile(fset, "registry.go", `package imports
import "reflect"
type Package struct {
	Name string
	Binds map[string]reflect.Value
	Types, Proxies map[string]reflect.Type
	Untypeds map[string]string
	Wrappers map[string][]string
}
var Packages = map[string]Package{}
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	files := []*ast.File{registry}
	written, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(written) != len(paths) {
		t.Fatalf("%d files, %v; want one for each of %q", len(written), err, paths)
	}
	for _, name := range written {
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if _, err := (&types.Config{Importer: importer.ForCompiler(fset, "source", nil)}).Check("imports", fset, files, nil); err != nil {
		t.Error(err)
	}
}

func TestRunErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "want a folder and packages"},
		{[]string{t.TempDir()}, "want a folder and packages"},
		{[]string{t.TempDir(), "no/such/package"}, "no/such/package"},
		{[]string{filepath.Join(t.TempDir(), "none"), "io"}, "no such file"},
	} {
		if err := run(c.args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.args, err, c.want)
		}
	}
}

// Two import paths must not share a file or an alias.
func TestIdentifier(t *testing.T) {
	seen := map[string]string{}
	for _, path := range []string{"a/b", "a_b", "a.b", "a-b", "a_sb", "a__b", "as/b", "gonum.org/v1/plot"} {
		id := identifier(path)
		if other, taken := seen[id]; taken {
			t.Errorf("%s and %s are both %s", path, other, id)
		}
		if !token.IsIdentifier(id) {
			t.Errorf("%s is no identifier", id)
		}
		seen[id] = path
	}
}
