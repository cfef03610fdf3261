package report

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"hgbench/plots"
	"hgbench/results"
)

// run is all that is known of one run.
type run struct {
	ID, Label, Sweep string
	Status           string // "" when it is done
	Chip             template.HTML
	Valid, Test      string
	Error            string
	Curve            *figure
	Cost             []fact
	Memory           memory
	Causality        proof
	Sample           string
	Machine          []fact
	Commands         []command
	Spec             string // YAML
}

// fact is a name and what it is.
type fact struct{ Name, Value string }

// command is a command line with what it is for.
type command struct{ Line, For string }

// proof of causality.
type proof struct {
	Passed bool
	Text   string
}

func newRuns(records results.Records, chips chips, s *sheet, o Options) ([]run, error) {
	var runs []run
	labels := records.Labels()
	seeds := len(records.OverSeeds()) < len(records.Finished())
	for i, r := range records {
		out := run{
			ID: r.ID, Label: labels[i], Sweep: r.Sweep, Status: statusOf(r), Chip: chips.of(r),
			Error: r.Error, Cost: cost(r), Memory: newMemory(r.Memory, s), Causality: newProof(r.Causality),
			Sample: strings.ToValidUTF8(r.Sample, "\uFFFD"), Machine: machine(r), Commands: commands(r, o.Source), Spec: specYAML(r.Spec),
		}
		if seeds {
			out.Label += ", seed " + r.Setting("seed")
		}
		if r.Status == results.Done {
			out.Valid, out.Test = numberCell(results.ValidBPC.Value(r), bits).Text, numberCell(results.TestBPC.Value(r), bits).Text
			if r.TestStderr > 0 {
				out.Test += " ± " + bits(r.TestStderr)
			}
		}
		var err error
		if out.Curve, err = newCurve(r, s); err != nil {
			return nil, err
		}
		runs = append(runs, out)
	}
	return runs, nil
}

// newCurve draws a run's curve alone; nil where it has none. That it failed or
// looks ahead does not keep it from being shown: the page says so beside it.
func newCurve(r results.Record, s *sheet) (*figure, error) {
	r.Status, r.Causality.Leak = results.Done, false
	f, err := plots.Curves([]results.Record{r}, "tokens", plots.Options{})
	if err != nil {
		return nil, nil // there is nothing to draw
	}
	f.Name, f.Title, f.Subtitle, f.Caption = "curve-"+r.ID, "Training curve", "", ""
	f.Width, f.Height = 10.5, 4.6
	out, err := newFigure(f, s, nil)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func cost(r results.Record) []fact {
	return facts(
		fact{"parameters", si(float64(r.Parameters), "")},
		fact{"necessary FLOPs", pair(si(r.FLOPs.Total, "FLOP"), si(r.FLOPs.NecessaryPerToken, "FLOP/token"))},
		fact{"dense FLOPs", si(r.FLOPs.DensePerToken, "FLOP/token")},
		fact{"executed FLOPs", si(r.FLOPs.ExecutedPerToken, "FLOP/token")},
		fact{"training time", numberCell(r.Seconds, seconds).Text},
		fact{"speed", pair(si(r.TokensPerSecond, "tokens/s"), numberCell(r.ShareOfPeak, percent).Text+" of peak")},
		fact{"test windows", evaluation(r.Evaluation)},
	)
}

func evaluation(e results.Evaluation) string {
	if e.Context == 0 {
		return ""
	}
	return fmt.Sprintf("context %d, stride %d, %s bytes", e.Context, e.Stride, results.FormatSI(float64(e.Bytes), ""))
}

func machine(r results.Record) []fact {
	var threads, kernel, calibration string
	if r.Machine.Threads > 0 {
		threads = strconv.Itoa(r.Machine.Threads)
	}
	if r.Versions.Kernel > 0 {
		kernel = strconv.Itoa(r.Versions.Kernel)
	}
	if c := r.Calibration; c != nil {
		calibration = fmt.Sprintf("%d steps of %s for a budget of %s", c.Steps, si(c.StepSeconds, "s"), seconds(c.Budget))
	}
	return facts(
		fact{"CPU", r.Machine.CPU}, fact{"instruction set", r.Machine.ISA}, fact{"threads", threads},
		fact{"measured peak", si(r.Machine.PeakGFLOPS*1e9, "FLOP/s")},
		fact{"hgbench", r.Versions.Commit}, fact{"Go", r.Versions.Go}, fact{"kernel version", kernel},
		fact{"data", r.Data.Name}, fact{"data SHA-256", r.Data.SHA256}, fact{"weights SHA-256", r.WeightsHash},
		fact{"calibration", calibration},
		fact{"ended", timeText(r.Time)},
	)
}

// facts keeps those that are known.
func facts(all ...fact) []fact {
	var known []fact
	for _, f := range all {
		if f.Value != "" && f.Value != "–" {
			known = append(known, f)
		}
	}
	return known
}

// si is a number that is known, "" otherwise.
func si(v float64, unit string) string {
	if v == 0 {
		return ""
	}
	return results.FormatSI(v, unit)
}

func pair(a, b string) string {
	if a == "" || b == "" || strings.HasPrefix(b, "–") {
		return a
	}
	return a + ", " + b
}

func newProof(c results.Causality) proof {
	switch {
	case c.Init == results.Pass && c.Final == results.Pass:
		return proof{true, fmt.Sprintf("Proven on random and on the final weights, at %d positions: other tokens from there on changed not one bit of the logits up to it, and the gradient with respect to them is exactly zero.", c.Probes)}
	case c.Init == "" && c.Final == "":
		return proof{Text: "Not probed: the run did not come so far."}
	}
	return proof{Text: fmt.Sprintf("On random weights: %s. On the final weights: %s.", known(c.Init), known(c.Final))}
}

func known(s string) string {
	if s == "" {
		return "not probed"
	}
	return s
}

// commands that do the run again.
func commands(r results.Record, source string) []command {
	out := ""
	if source != "" {
		out = " --out " + quote(source)
	}
	commands := []command{{"hgbench run --id " + r.ID + out, "trains it again from its record, and says whether the BPC is bitwise the same"}}
	if r.Status == results.Done {
		commands = append(commands, command{"hgbench sample --id " + r.ID + out, "shows what it writes"})
	}
	return append(commands, command{"hgbench run -f spec.yaml", "elsewhere: trains the spec below, saved as spec.yaml"})
}

// quote makes one word of s for a shell.
func quote(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// specYAML is a spec as one writes it.
func specYAML(spec []byte) string {
	var node yaml.Node // keeps the order of keys, and JSON is YAML
	if yaml.Unmarshal(spec, &node) != nil {
		return string(spec)
	}
	plain(&node)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if e.Encode(&node) != nil {
		return string(spec)
	}
	return strings.TrimSpace(out.String())
}

// plain takes quotes and braces from a spec wherever YAML can do without.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		plain(child)
	}
}
