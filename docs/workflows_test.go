package docs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Workflows of this project, and those that pages give as examples, are YAML
// whose commands exist.
func TestWorkflows(t *testing.T) {
	var all []page
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, file := range files {
		all = append(all, read(t, ".github/workflows/"+filepath.Base(file)))
	}
	for _, p := range pages(t) {
		for _, b := range p.blocks("yml") {
			all = append(all, page{p.path, b.text})
		}
	}
	makefile := read(t, "Makefile").text
	for _, w := range all {
		var flow struct {
			On   any
			Jobs map[string]struct {
				Steps []struct{ Run, Uses string }
			}
		}
		if err := yaml.Unmarshal([]byte(w.text), &flow); err != nil {
			t.Errorf("%s: %v", w.path, err)
			continue
		}
		if flow.On == nil || len(flow.Jobs) == 0 {
			t.Errorf("%s: a workflow without events or jobs", w.path)
		}
		for name, job := range flow.Jobs {
			for _, step := range job.Steps {
				line, _, _ := strings.Cut(step.Run, " > ")
				switch c := (command{page: w.path + ": " + name, words: words(line)}); {
				case step.Run == "" && step.Uses == "":
					t.Errorf("%s: %s: an empty step", w.path, name)
				case step.Run == "":
				case c.arguments() != nil:
					checkFlags(t, c.String(), c.arguments())
				case c.words[0] == "make" && !strings.Contains(makefile, "\n"+c.words[1]+":"):
					t.Errorf("%v: no such target", c)
				case strings.HasPrefix(c.words[0], ".") && !exists(c.words[0]):
					t.Errorf("%v: no such file", c)
				}
			}
		}
	}
}
