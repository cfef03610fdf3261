package kernel

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// kernelMod requires what gophernotes needs, at the versions that work:
// gomacro's last commit, which is under no tag, and an x/tools that reads what
// today's compiler exports. kernelSum has the hashes of these and of what they
// need in turn.
//
//go:embed kernel.mod
var kernelMod []byte

//go:embed kernel.sum
var kernelSum []byte

// gomacroFolder is where the kernel's module has its copy of gomacro.
const gomacroFolder = "gomacro"

// writeModule makes dir the kernel's module: kernel.mod, with the hgbench whose
// source is in the folder source, and the mended gomacro. Where both know a version the newer one is
// taken, so packages that plots depends on are those that hgbench is tested with.
func writeModule(dir, source string) error {
	own, err := modfile.Parse("kernel.mod", kernelMod, nil)
	if err != nil {
		return err
	}
	project, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return fmt.Errorf("source of hgbench: %w", err)
	}
	theirs, err := modfile.ParseLax(filepath.Join(source, "go.mod"), project, nil)
	if err != nil {
		return err
	}
	if theirs.Go != nil {
		if err := own.AddGoStmt(theirs.Go.Version); err != nil {
			return err
		}
	}
	if err := own.AddRequire(moduleName, "v0.0.0"); err != nil {
		return err
	}
	if err := errors.Join(own.AddReplace(moduleName, "", source, ""), own.AddReplace(gomacro.path, "", "./"+gomacroFolder, "")); err != nil {
		return err
	}
	mod, err := own.Format()
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		return fmt.Errorf("source of hgbench: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), append(sum, kernelSum...), 0o644)
}
