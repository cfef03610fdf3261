package results

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// WriteBench writes the done runs in the Go benchmark format, so that benchstat
// compares two sets of results:
//
//	cpu: AMD EPYC 9654
//	BenchmarkTrain/system=hourglass/hierarchy=1@1,4@3,1@1-2  2590  27027027 ns/op  14208 tok/s  2.75 valid-bpc  2.81 test-bpc …
//
// An operation is a training step. Settings in which the records differ are
// part of the name; the seed is not, since benchstat takes lines of one name as
// samples of one benchmark. What should not keep it from comparing two files
// (commit, Go and kernel version) stands in comments.
func WriteBench(w io.Writer, records Records) error {
	runs := records.Done()
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "pkg: hgbench")
	for _, unit := range []string{"valid-bpc", "test-bpc", "necessary-flops/token", "planned-peak-B", "measured-peak-B"} {
		fmt.Fprintln(out, "Unit", unit, "better=lower")
	}
	fmt.Fprintln(out, "Unit tok/s better=higher")

	varying := runs.Varying()
	config := map[string]string{}
	var versions Versions
	for _, r := range runs {
		for _, kv := range [][2]string{{"cpu", r.Machine.CPU}, {"isa", r.Machine.ISA}, {"data", r.Data.Name}} {
			if value := oneLine(kv[1]); config[kv[0]] != value {
				fmt.Fprintf(out, "%s: %s\n", kv[0], value)
				config[kv[0]] = value
			}
		}
		if r.Versions != versions {
			versions = r.Versions
			fmt.Fprintf(out, "# commit %s, %s, kernel version %d\n", oneLine(versions.Commit), oneLine(versions.Go), versions.Kernel)
		}
		steps := r.steps()
		fmt.Fprintf(out, "BenchmarkTrain%s-%d\t%d", benchName(r, varying), max(1, r.Machine.Threads), max(1, steps))
		for _, m := range []struct {
			unit  string
			value float64
		}{
			{"ns/op", r.Seconds * 1e9 / float64(max(1, steps))},
			{"tok/s", r.TokensPerSecond},
			{"valid-bpc", r.ValidBPC},
			{"test-bpc", r.TestBPC},
			{"necessary-flops/token", r.FLOPs.NecessaryPerToken},
			{"planned-peak-B", float64(r.Memory.Planned.Total)},
			{"measured-peak-B", float64(r.Memory.MeasuredPeak)},
		} {
			if math.IsNaN(known(m.value)) {
				continue
			}
			fmt.Fprintf(out, "\t%s %s", strconv.FormatFloat(m.value, 'f', -1, 64), m.unit)
		}
		fmt.Fprintln(out)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write Go benchmark format: %w", err)
	}
	return nil
}

// steps trained: the last of the curve, or else what the spec asked for.
func (r Record) steps() int {
	if n := len(r.Curve); n > 0 {
		return r.Curve[n-1].Step
	}
	if steps := r.Number("train.steps"); steps > 0 && steps < math.MaxInt32 {
		return int(steps)
	}
	return 0
}

// benchName gives the /key=value parts of a benchmark's name.
func benchName(r Record, varying []string) string {
	var name strings.Builder
	part := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&name, "/%s=%s", key, nameable(value))
		}
	}
	part("system", r.Variant())
	part("hierarchy", r.Hierarchy())
	for _, key := range varying {
		part(key, r.Setting(key))
	}
	return name.String()
}

// nameable makes a value fit for a benchmark's name, which ends at a space and
// is parted by slashes.
func nameable(value string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return -1
		case c == '/' || !unicode.IsPrint(c):
			return '_'
		}
		return c
	}, value)
}

// oneLine makes a value fit for a configuration line.
func oneLine(value string) string { return strings.Join(strings.Fields(value), " ") }
