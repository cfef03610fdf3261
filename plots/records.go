package plots

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hgbench/results"
)

// left counts the runs that a figure leaves out, by reason.
type left struct {
	order []string
	runs  map[string]int
}

func (l *left) add(reason string) {
	if l.runs == nil {
		l.runs = map[string]int{}
	}
	if l.runs[reason] == 0 {
		l.order = append(l.order, reason)
	}
	l.runs[reason]++
}

// String is a sentence for the caption, empty when nothing was left out.
func (l *left) String() string {
	if len(l.order) == 0 {
		return ""
	}
	total, parts := 0, make([]string, len(l.order))
	for i, reason := range l.order {
		total += l.runs[reason]
		parts[i] = fmt.Sprintf("%d %s", l.runs[reason], reason)
	}
	return fmt.Sprintf("Left out: %s (%s).", count(total, "run"), strings.Join(parts, ", "))
}

// leaking is the sentence of a caption that explains results.LeakMark, empty
// where no run has one.
func leaking(records results.Records) string {
	if !slices.ContainsFunc(records, func(r results.Record) bool { return r.Causality.Leak }) {
		return ""
	}
	return results.LeakMark + " looks ahead (hollow or dashed): no result, and on no frontier."
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sound keeps the runs that a figure of what models reached shows: those that
// finished, also where they look ahead, as their names say. The others are
// counted in out.
func sound(records []results.Record, out *left) results.Records {
	var kept results.Records
	for _, r := range records {
		switch {
		case r.Status == results.Failed:
			out.add("failed")
		case r.Status != results.Done:
			out.add("not done")
		default:
			kept = append(kept, r)
		}
	}
	return kept
}

// errNothing says that no record is left for a figure, and why.
func errNothing(figure, want string, records []results.Record, out *left) error {
	if len(records) == 0 {
		return fmt.Errorf("%s: no records: want some %s", figure, want)
	}
	text := fmt.Sprintf("%s: none of %s can be drawn: want some %s", figure, count(len(records), "record"), want)
	if l := out.String(); l != "" {
		text += "; l" + strings.TrimSuffix(l[1:], ".")
	}
	return errors.New(text)
}

// positive tells what a logarithmic axis can show with room around it. No cost
// and no BPC is beyond these bounds, and within them nothing overflows.
func positive(v float64) bool { return v >= 1e-30 && v <= 1e30 }

// variantsOf lists the systems of records: Hourglass first, then by name.
func variantsOf(records results.Records) []string {
	set := map[string]bool{}
	for _, r := range records {
		set[r.Variant()] = true
	}
	return slices.SortedFunc(maps.Keys(set), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

func rank(variant string) int {
	if strings.HasPrefix(variant, "hourglass") {
		return 0
	}
	return 1
}

// about is the subtitle: protocol, data, and, where the figure depends on it, the machine.
func about(records results.Records, opts Options, machine bool) string {
	protocol := opts.Protocol
	if protocol == "" {
		protocol = results.DetectProtocol(records)
	}
	parts := []string{string(protocol)}
	if p := protocols[protocol]; p != "" {
		parts[0] += ": " + p
	}
	return strings.Join(append(parts, provenance(records, machine)...), "  ·  ")
}

// provenance names the data, and, where the figure depends on it, the machine.
func provenance(records results.Records, machine bool) []string {
	var parts []string
	parts = append(parts, distinct(records, func(r results.Record) string { return r.Data.Name })...)
	if machine {
		parts = append(parts, distinct(records, func(r results.Record) string {
			if r.Machine.CPU == "" {
				return ""
			}
			return fmt.Sprintf("%s, %s", strings.Join(strings.Fields(r.Machine.CPU), " "), count(r.Machine.Threads, "thread"))
		})...)
	}
	return parts
}

// protocols of comparison.
var protocols = map[results.Protocol]string{
	results.P1: "equal steps, tokens and data order",
	results.P2: "equal necessary FLOPs",
	results.P3: "envelope over depth, width, learning rate and steps",
}

// bitsTitle is the title of an axis of BPC: "validation BPC (bits per byte)".
func bitsTitle(split string, records results.Records) string {
	b := records.Bits()
	return strings.TrimSpace(split + " " + b.Name + " (" + b.Unit + ")")
}

// distinct lists the values of records without repetition, in their order.
func distinct(records results.Records, value func(results.Record) string) []string {
	var out []string
	for _, r := range records {
		if v := value(r); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// sentences joins what is not empty.
func sentences(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
