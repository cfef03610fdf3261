package notebooks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notebook is what tests need of nbformat 4.
type notebook struct {
	Cells []cell `json:"cells"`
}

type cell struct {
	Kind     string   `json:"cell_type"`
	Source   lines    `json:"source"`
	Metadata cellTags `json:"metadata"`
	Outputs  []output `json:"outputs"`
}

// cellTags say what a cell must put out: "figure" or "table".
type cellTags struct {
	Tags []string `json:"tags"`
}

type output struct {
	Kind  string           `json:"output_type"`
	Name  string           `json:"name"` // of a stream
	Text  lines            `json:"text"`
	Error string           `json:"evalue"`
	Data  map[string]lines `json:"data"`
}

// lines is a text that nbformat may have cut into a list of lines.
type lines string

func (l *lines) UnmarshalJSON(b []byte) error {
	var list []string
	if err := json.Unmarshal(b, &list); err == nil {
		*l = lines(strings.Join(list, ""))
		return nil
	}
	return json.Unmarshal(b, (*string)(l))
}

func read(t *testing.T, path string) notebook {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var n notebook
	if err := json.Unmarshal(data, &n); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return n
}

// names of all notebooks.
func names(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks here: %v", err)
	}
	return paths
}

// A notebook names a sweep by the folder of its records, or in a call of a function
// load of its own.
var recordedPath = regexp.MustCompile(`(?:"\.\./results/recorded/|\bload\(")([\w./-]+)"`)

// inputs are the names of the recorded results that a notebook reads.
func (n notebook) inputs() []string {
	var names []string
	for _, c := range n.Cells {
		for _, match := range recordedPath.FindAllStringSubmatch(string(c.Source), -1) {
			if !slices.Contains(names, match[1]) {
				names = append(names, match[1])
			}
		}
	}
	return names
}

// missing are the inputs of a notebook that nobody has recorded yet.
func (n notebook) missing() []string {
	return slices.DeleteFunc(n.inputs(), func(name string) bool {
		_, err := os.Stat(filepath.Join("..", "results", "recorded", filepath.FromSlash(name), "records.jsonl"))
		return err == nil
	})
}

// check says what an executed notebook lacks.
func (n notebook) check() []string {
	var faults []string
	for i, c := range n.Cells {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Sprintf("cell %d: ", i)+fmt.Sprintf(format, args...))
		}
		if c.Kind != "code" {
			continue
		}
		seen := map[string]string{}
		for _, o := range c.Outputs {
			switch {
			case o.Kind == "error":
				fault("it failed")
			case o.Name == "stderr":
				fault("it complained: %s", o.Text)
			}
			for kind, data := range o.Data {
				seen[kind] = string(data)
			}
		}
		for _, tag := range c.Metadata.Tags {
			switch tag {
			case "figure":
				if err := checkPicture(seen["image/png"]); err != nil {
					fault("want a figure: %v", err)
				}
			case "table":
				if !strings.Contains(seen["text/html"], "<td") {
					fault("want a table, got %v", seen)
				}
			default:
				fault("unknown tag %q: want figure or table", tag)
			}
		}
		for kind, text := range seen {
			if !strings.HasPrefix(kind, "text/") {
				continue
			}
			for _, bad := range []string{"NaN", "%!", "0xc0"} {
				if strings.Contains(text, bad) {
					fault("%q in what it shows: %.200s", bad, text)
				}
			}
		}
	}
	return faults
}
