package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// probe runs cells in a kernel of their own and returns what each puts out.
func probe(t *testing.T, python string, cells ...string) [][]output {
	t.Helper()
	text, err := json.Marshal(cells)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "outputs.json")
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "probe.py"), dir, file)
	cmd.Stdin = strings.NewReader(string(text))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var outputs [][]output
	if err := json.Unmarshal(data, &outputs); err != nil {
		t.Fatal(err)
	}
	return outputs
}

// testKernel checks what docs/notebooks.md promises of cells.
func testKernel(t *testing.T, python string) {
	cells := []struct {
		source string
		want   string // the error, or what is shown
		fails  bool
	}{
		{`import ("fmt"; "hgbench/plots"; "hgbench/results"; "gonum.org/v1/gonum/stat")`, "", false},
		{`1 + 1`, "2", false},
		{`stat.Mean([]float64{1, 2}, nil)`, "1.5", false},
		// An error is the cell's, in one line.
		{`results.Load("nowhere")`, `stat nowhere: no such file or directory`, true},
		{`results.LoadFirst("a/quick", "b/quick")`, `no results in a/quick or b/quick: "hgbench sweep quick" makes some`, true},
		{`results.Must(results.Load("nowhere"))`, `stat nowhere: no such file or directory`, true},
		{`plots.Efficiency(nil, results.Seconds, plots.Options{})`, "bpc-vs-seconds: no records", true},
		{`nothing`, "undefined identifier: nothing", true},
		{`results.Nothing`, "Nothing", true},
		{`panic("no")`, "no", true},
		{"number := 1\nnumber = \"text\"", "number", true},
		{`plots.Options{Protocol: "P2"}`, "{P2 false}", false},
		// A value beside a nil error is shown without the error.
		{`fmt.Sscan("7", new(int))`, "1", false},
		// What is interpreted can be interrupted, and the kernel goes on.
		{`kept := 42`, "", false},
		{`for { kept++; kept-- }`, "nterrupt", true},
		{`kept > 40`, "true", false},
		// Interpreted types implement compiled interfaces.
		{"type down []int\nfunc (d down) Len() int { return len(d) }\nfunc (d down) Less(i, j int) bool { return d[i] > d[j] }\n" +
			"func (d down) Swap(i, j int) { d[i], d[j] = d[j], d[i] }\n" +
			"import \"sort\"\nx := down{1, 3, 2}\nsort.Sort(x)\nx", "[3 2 1]", false},
	}
	var sources []string
	for _, c := range cells {
		sources = append(sources, c.source)
	}
	for i, outputs := range probe(t, python, sources...) {
		c := cells[i]
		switch {
		case c.fails && (len(outputs) != 1 || outputs[0].Kind != "error" || !strings.Contains(outputs[0].Error, c.want) || strings.Contains(outputs[0].Error, "\n")):
			t.Errorf("%s: %+v, want an error of one line with %q", c.source, outputs, c.want)
		case c.fails:
		case c.want == "" && len(outputs) > 0:
			t.Errorf("%s: %+v, want nothing", c.source, outputs)
		case c.want != "" && (len(outputs) != 1 || string(outputs[0].Data["text/plain"]) != c.want):
			t.Errorf("%s: %+v, want %q", c.source, outputs, c.want)
		}
	}
}
