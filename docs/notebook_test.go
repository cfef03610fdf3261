package docs_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The figure of README.md that a notebook made is the one that its committed
// outputs hold; "make readme" takes it from there.
func TestNotebookFigure(t *testing.T) {
	const notebook, image = "notebooks/04-memory.ipynb", "images/memory-notebook.png"
	text, err := os.ReadFile(filepath.Join(root, notebook))
	if err != nil {
		t.Fatal(err)
	}
	var book struct {
		Cells []struct {
			Outputs []struct {
				Data map[string]any
			}
		}
	}
	if err := json.Unmarshal(text, &book); err != nil {
		t.Fatal(err)
	}
	for _, cell := range book.Cells {
		for _, output := range cell.Outputs {
			encoded, ok := output.Data["image/png"].(string)
			if !ok {
				continue
			}
			png, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(encoded, "\n", ""))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(image, png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if shown, err := os.ReadFile(image); err != nil || !bytes.Equal(shown, png) {
				t.Errorf("%s is not the first figure of %s: run \"make readme\" (%v)", image, notebook, err)
			}
			return
		}
	}
	t.Fatalf("%s has no figure", notebook)
}
