package results

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestWriteBench reads the output back by the rules of the Go benchmark data
// format (golang.org/design/14313-benchmark-format).
func TestWriteBench(t *testing.T) {
	rs := exported()
	rs[3].Machine.CPU = "Other\n CPU"
	var out bytes.Buffer
	if err := WriteBench(&out, rs); err != nil {
		t.Fatal(err)
	}
	golden(t, "bench.txt", out.String())

	config := regexp.MustCompile(`^([a-z][^A-Z\s:]*):\s+(.*)$`)
	current := map[string]string{}
	type result struct {
		record Record
		values map[string]float64
	}
	results := map[string]result{}
	done := rs.Done()
	for _, line := range strings.Split(out.String(), "\n") {
		if m := config.FindStringSubmatch(line); m != nil {
			current[m[1]] = m[2]
			continue
		}
		fields := strings.Fields(line)
		if len(fields) == 0 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		record := done[len(results)]
		if len(fields)%2 != 0 || len(fields) < 4 {
			t.Fatalf("not name, count and pairs of value and unit: %q", line)
		}
		if _, err := strconv.ParseUint(fields[1], 10, 64); err != nil {
			t.Errorf("iterations: %v", err)
		}
		values := map[string]float64{}
		for i := 2; i < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			values[fields[i+1]] = v
		}
		if current["pkg"] != "hgbench" || current["cpu"] != strings.Join(strings.Fields(record.Machine.CPU), " ") || current["data"] != "enwik7" {
			t.Errorf("configuration %v before %q", current, line)
		}
		if _, ok := results[fields[0]]; ok {
			t.Errorf("two specs of one name %q", fields[0])
		}
		results[fields[0]] = result{record, values}
	}
	if len(results) != len(done) {
		t.Fatalf("%d results, want %d", len(results), len(done))
	}
	for name, r := range results {
		if !strings.HasSuffix(name, "-2") || !strings.Contains(name, "/hierarchy="+r.record.Hierarchy()) {
			t.Errorf("name %q", name)
		}
		if r.values["valid-bpc"] != r.record.ValidBPC || r.values["test-bpc"] != r.record.TestBPC || r.values["tok/s"] != r.record.TokensPerSecond {
			t.Errorf("%s: %v, want those of %s", name, r.values, r.record.ID)
		}
		if ns, want := r.values["ns/op"], r.record.Seconds*1e9/float64(r.record.Curve[0].Step); ns != want {
			t.Errorf("%s: %g ns/op, want %g", name, ns, want)
		}
	}
}
