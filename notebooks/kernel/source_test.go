package kernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMends mends the real source, which must be as the mends expect.
func TestMends(t *testing.T) {
	dir := t.TempDir()
	if err := gophernotes.copyTo(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := gomacro.copyTo(t.Context(), filepath.Join(dir, gomacroFolder)); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]string{
		"main.go":                     {"//go:debug gotypesalias=0"},
		"x_package.go":                {"JSON_  func(interface{}) map[string]interface{}", "JSON() map[string]interface{}"},
		"kernel.go":                   {"Importer = &xreflect.Importer{}", "StartSignalHandler", "return nil, nil, err", "NewReplacer"},
		"messages.go":                 {"type Data = struct"},
		"imports/a_package.go":        {"package imports"},
		"kernel/logo-64x64.png":       {"PNG"},
		"gomacro/go.mod":              {"module github.com/cosmos72/gomacro"},
		"gomacro/base/untyped/lit.go": {"v.Convert(t.ReflectType()).Interface()"},
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(text), w) {
				t.Errorf("%s lacks %q", file, w)
			}
		}
	}
	if tests, _ := filepath.Glob(filepath.Join(dir, "*_test.go")); len(tests) > 0 {
		t.Errorf("tests were copied: %v", tests)
	}
}

// TestMendRefuses: source that is not as expected stays as it is.
func TestMendRefuses(t *testing.T) {
	m := mend{"main.go", "package main\n", "package mended\n"}
	for name, text := range map[string]string{
		"changed": "package other\n",
		"doubled": "package main\n// package main\n",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "main.go"), text)
		wrong(t, m.apply(dir), "not the source", "main.go", `"package main"`)
		if after, _ := os.ReadFile(filepath.Join(dir, "main.go")); string(after) != text {
			t.Errorf("%s: the source was changed", name)
		}
	}
	wrong(t, m.apply(t.TempDir()), "not the source", "main.go")
}

// TestOtherSource: the go command refuses a module that is not the one whose
// hash is known.
func TestOtherSource(t *testing.T) {
	known := kernelSum
	t.Cleanup(func() { kernelSum = known })
	kernelSum = []byte(strings.ReplaceAll(string(known), gophernotes.path+" v0.7.5 h1:", gophernotes.path+" v0.7.5 h1:AAAA"))
	_, err := gophernotes.download(t.Context())
	wrong(t, err, "checksum mismatch")
}
