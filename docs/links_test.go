package docs_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	source  = regexp.MustCompile("`((?:bench|cmd|docs|pkg|plots|results|sweeps)/[A-Za-z0-9_./-]+)`")
)

// Every link inside the repository leads to a file, and to a heading of it
// where it names one.
func TestLinks(t *testing.T) {
	for _, p := range append(pages(t), read(t, "results/recorded/README.md")) {
		for _, m := range link.FindAllStringSubmatch(p.prose(), -1) {
			if strings.HasPrefix(m[1], "http") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := path.Join(path.Dir(p.path), file)
			if file == "" {
				target = p.path
			}
			if !exists(target) {
				t.Errorf("%s links to %s, which does not exist", p.path, target)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s links to %s, where no heading is #%s", p.path, target, anchor)
			}
		}
	}
}

// Every file of source that a page names is there.
func TestSourceFiles(t *testing.T) {
	for _, p := range pages(t) {
		for _, m := range source.FindAllStringSubmatch(p.text, -1) {
			if !exists(m[1]) {
				t.Errorf("%s names %s, which does not exist", p.path, m[1])
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
	return err == nil
}

// anchors of a page's headings, as GitHub makes them.
func anchors(p page) []string {
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	var list []string
	for _, m := range heading.FindAllStringSubmatch(p.prose(), -1) {
		list = append(list, strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}
