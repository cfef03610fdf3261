package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// configName is the file that makes a folder a case.
const configName = "config.json"

// sourceCases is where this project's source has its cases.
var sourceCases = filepath.Join("pkg", "verify", "testdata", "golden")

// GoldenCases finds the cases in folders: a folder that has a config.json is
// one, any other is searched. It errs on a folder without any.
func GoldenCases(folders ...string) ([]string, error) {
	var all []string
	for _, folder := range folders {
		found, err := casesIn(folder)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no golden case: want a folder with a %s, or one of such folders", folder, configName)
		}
		all = append(all, found...)
	}
	return all, nil
}

func casesIn(folder string) ([]string, error) {
	if info, err := os.Stat(filepath.Join(folder, configName)); err == nil && info.Mode().IsRegular() {
		return []string{folder}, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		found, err := casesIn(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// SourceGolden is the folder of cases in the source of this project, if folder
// is inside of it.
func SourceGolden(folder string) (string, bool) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return "", false
	}
	for {
		cases := filepath.Join(folder, sourceCases)
		if info, err := os.Stat(cases); err == nil && info.IsDir() {
			return cases, true
		}
		parent := filepath.Dir(absolute)
		if parent == absolute {
			return "", false
		}
		folder, absolute = filepath.Join(folder, ".."), parent
	}
}
