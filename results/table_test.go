package results

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got, go test -update rewrites it):\n%s", path, d)
	}
}

func tableRecords() Records {
	rs := records(
		synthetic{system: "transformer", hierarchy: "4@1", bpc: 2.31, flops: 1000, seconds: 70, memory: 40},
		synthetic{system: "transformer", hierarchy: "12@1", flops: 3000, seconds: 70, memory: 90, seed: 2, fail: "loss is NaN at step 7: lower lr | <b>"},
		synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2.25, flops: 800, seconds: 60, memory: 30.5},
		synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2.24, flops: 800, seconds: 60, memory: 30.5, lr: 2e-3},
		synthetic{system: "hourglass", hierarchy: "1@1,1@2,1@1", bpc: 0.02, flops: 700, seconds: 60, memory: 20},
	)
	rs[4].Causality = Causality{Init: "pass", Final: "position 3 sees token 3", Leak: true}
	return rs
}

func TestTable(t *testing.T) {
	rs := tableRecords()
	seeds := append(rs[:3:3], synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2.27, flops: 800, seconds: 62, memory: 30.5, seed: 2}.record())
	golden(t, "table.txt", rs.Table())
	golden(t, "table.md", rs.Markdown())
	golden(t, "table.html", rs.HTML())
	golden(t, "seeds.txt", seeds.Table())
	if rs.String() != rs.Table() {
		t.Error("records do not print as their table")
	}
}

func TestTableWidth(t *testing.T) {
	rs := tableRecords()
	for width := 200; width > 50; width -= 10 {
		lines := strings.Split(rs.TableWidth(width), "\n")
		for _, line := range lines {
			if strings.ContainsAny(line, "│╭╰") && twwidth.Width(line) > width {
				t.Errorf("at %d: %d wide: %s", width, twwidth.Width(line), line)
			}
		}
	}
	narrow := rs.TableWidth(1)
	for _, want := range []string{"hierarchy", "valid BPC", "left out at this width", "tokens/s", "2.240"} {
		if !strings.Contains(narrow, want) {
			t.Errorf("the narrowest table lacks %q:\n%s", want, narrow)
		}
	}
	golden(t, "width100.txt", rs.TableWidth(100))
}

func TestTableOfNothing(t *testing.T) {
	for _, rs := range []Records{nil, {of("{}")}, {of("")}} {
		_ = rs.Markdown()
		_ = rs.HTML()
		if got := rs.Table(); len(rs) == 0 && got != "no records\n" {
			t.Errorf("a table of nothing: %q", got)
		}
	}
}
