package kernel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// linked are the folders whose code ends up in the kernel.
var linked = []string{"bench", "notebooks", "pkg", "plots", "results", "sweeps"}

// sourceDigest is a hash of the source that a kernel is built with, by which
// status knows that a kernel is older than what it was built from.
func sourceDigest(source string) (string, error) {
	files := []string{"go.mod", "go.sum"}
	for _, folder := range linked {
		err := filepath.WalkDir(filepath.Join(source, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() && (e.Name() == "testdata" || e.Name() == "recorded") {
				return filepath.SkipDir
			}
			if e.Type().IsRegular() && builds(e.Name()) {
				name, err := filepath.Rel(source, path)
				files = append(files, filepath.ToSlash(name))
				return err
			}
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("source of hgbench: %w", err)
		}
	}
	slices.Sort(files)
	hash := sha256.New()
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(source, filepath.FromSlash(name)))
		if err != nil {
			return "", fmt.Errorf("source of hgbench: %w", err)
		}
		fmt.Fprintf(hash, "%s %d\n", name, len(data))
		hash.Write(data)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// builds tells whether a file of that name is compiled or embedded.
func builds(name string) bool {
	switch filepath.Ext(name) {
	case ".go":
		return !strings.HasSuffix(name, "_test.go")
	case ".s", ".json", ".yaml", ".mod", ".sum":
		return true
	}
	return false
}
