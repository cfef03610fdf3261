package docs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

// Every YAML on a page is a spec or a sweep that can be run.
func TestYAML(t *testing.T) {
	for _, p := range pages(t) {
		for i, b := range p.blocks("yaml") {
			name := fmt.Sprintf("%s, block %d", p.path, i+1)
			if !strings.Contains(b.text, "axes:") {
				if _, err := bench.ParseSpec(name, []byte(b.text)); err != nil {
					t.Error(err)
				}
				continue
			}
			s, err := sweeps.Parse("example.yaml", []byte(b.text))
			if err == nil {
				_, err = sweeps.Expand(s, bench.NecessaryPerToken)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// readRecords is the example of records.md.
func readRecords() error {
	records, warnings, err := results.Read("hgbench-results/quick")
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Println("warning:", w)
	}
	fmt.Print(records.Done().Table())
	for _, best := range records.Best(results.ValidBPC) {
		fmt.Println(best.Label(), best.TestBPC)
	}
	return nil
}

// Every Go on a page is also here, where it is compiled, or in a test of the
// package that it would be part of.
func TestGo(t *testing.T) {
	here, err := os.ReadFile("examples_test.go")
	if err != nil {
		t.Fatal(err)
	}
	inside, err := os.ReadFile("../pkg/nn/sink_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages(t) {
		for _, b := range p.blocks("go") {
			if indented := "\t" + strings.ReplaceAll(strings.TrimSpace(b.text), "\n", "\n\t"); !strings.Contains(string(here), indented) && !strings.Contains(string(inside), strings.TrimSpace(b.text)) {
				t.Errorf("%s: this is in no test:\n%s", p.path, b.text)
			}
		}
	}
	if err := readRecords(); err == nil {
		t.Error("results were found in the source's folder")
	}
}
