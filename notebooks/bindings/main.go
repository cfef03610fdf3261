// Bindings writes the files by which interpreted Go sees compiled packages:
//
//	bindings FOLDER PACKAGE...
//
// For each package it writes FOLDER/NAME.go, which registers the package's
// exported functions, variables, constants and types with gomacro, the
// interpreter of the Jupyter kernel. Linked into the kernel, they make an import
// in a notebook immediate, where gomacro would build a plugin: no C compiler, no
// wait, and no plugin whose dependencies differ from the kernel's.
//
// It must run in the module that the kernel is built in, with the same go
// command, and is: "hgbench kernel install" does so.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bindings:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("want a folder and packages, got %q", args)
	}
	folder, paths := args[0], args[1:]
	packages, err := load(paths)
	if err != nil {
		return err
	}
	for _, pkg := range packages {
		source, err := bind(pkg)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, identifier(pkg.Path())+".go"), source, 0o644); err != nil {
			return err
		}
	}
	return nil
}
