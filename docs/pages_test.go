// Package docs_test holds README.md and docs/ to the program that they
// describe: commands run, links lead somewhere, tables of keys are complete,
// and what can be generated is what is generated.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root of the repository, seen from this folder.
const root = ".."

// page is a Markdown file.
type page struct {
	path string // from the root, with slashes
	text string
}

// pages are README.md and everything in docs.
func pages(t *testing.T) []page {
	t.Helper()
	paths, err := filepath.Glob("*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	list := []page{read(t, "README.md")}
	for _, path := range paths {
		list = append(list, read(t, "docs/"+path))
	}
	return list
}

func read(t *testing.T, path string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return page{path, string(text)}
}

// block is a fenced block of code.
type block struct {
	language string
	text     string
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

func (p page) blocks(languages ...string) []block {
	var list []block
	for _, m := range fence.FindAllStringSubmatch(p.text, -1) {
		if slices.Contains(languages, m[1]) {
			list = append(list, block{m[1], m[2]})
		}
	}
	return list
}

// prose is the page without its blocks of code.
func (p page) prose() string { return fence.ReplaceAllString(p.text, "") }

// row of a table, cells without the backticks around them.
type row []string

// tables gives the rows of all tables of a page, by their first heading.
func (p page) tables() map[string][]row {
	tables := make(map[string][]row)
	heading := ""
	for line := range strings.Lines(p.prose()) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			heading = ""
			continue
		}
		var r row
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			r = append(r, strings.Trim(strings.TrimSpace(cell), "`"))
		}
		switch {
		case heading == "":
			heading = r[0]
		case !strings.HasPrefix(r[0], "---"):
			tables[heading] = append(tables[heading], r)
		}
	}
	return tables
}
