package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
)

// load reads the types of packages from what the compiler exports of them.
func load(paths []string) ([]*types.Package, error) {
	exports, err := exportFiles(paths)
	if err != nil {
		return nil, err
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("package %s is not among the dependencies", path)
		}
		return os.Open(file)
	})
	var packages []*types.Package
	for _, path := range paths {
		pkg, err := from.Import(path)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", path, err)
		}
		packages = append(packages, pkg)
	}
	return packages, nil
}

// exportFiles builds packages and what they depend on, and gives the file of
// export data of each.
func exportFiles(paths []string) (map[string]string, error) {
	list := exec.Command("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, paths...)...)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("go list: %w", err), errors.New(strings.TrimSpace(stderr.String())))
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, file, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			exports[path] = file
		}
	}
	return exports, nil
}
