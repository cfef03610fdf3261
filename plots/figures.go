package plots

import (
	"errors"
	"regexp"
	"strings"

	"hgbench/results"
)

// Figures draws the standard set that a sweep writes: bpc-vs-flops,
// bpc-vs-dense-flops, bpc-vs-seconds, bpc-vs-memory, all four side by side as
// bpc-vs-cost, curves (over tokens), bpc-vs-position, and memory-vs-context.
// A figure for which the records hold no data (no context varies, nothing was
// trained) is not in the set; when there would be none at all, the error says
// what each lacked. Where BPCs may not be compared (results.Records.Alike), each
// corpus and way of evaluation has figures of its own, with its name in theirs.
func Figures(records []results.Record, opts Options) ([]Figure, error) {
	var figures []Figure
	var lacking []error
	take := func(f Figure, err error) {
		if err != nil {
			lacking = append(lacking, err)
			return
		}
		figures = append(figures, f)
	}
	if len(records) == 0 {
		return nil, errors.New("figures: no records: want those of a sweep or run")
	}
	for _, part := range alike(records) {
		before := len(figures)
		for _, cost := range results.Axes() {
			take(Efficiency(part.Records, cost, opts))
		}
		take(Costs(part.Records, opts))
		take(Curves(part.Records, "tokens", opts))
		take(Position(part.Records, opts))
		for i := before; i < len(figures) && part.Key != ""; i++ {
			figures[i].Name += "-" + strings.Trim(notFileName.ReplaceAllString(part.Key, "-"), "-")
			figures[i].Title += ", " + part.Key
		}
	}
	take(MemoryContext(records, opts))
	if len(figures) == 0 {
		return nil, errors.Join(lacking...)
	}
	return figures, nil
}

var notFileName = regexp.MustCompile(`[^A-Za-z0-9.]+`)

// alike parts records into those whose BPCs may be compared; all are one
// group without a name where that is so of all.
func alike(records results.Records) []results.Group {
	trained := records.Where(func(r results.Record) bool { return positive(results.ValidBPC.Value(r)) })
	if trained.Comparable() == nil {
		return []results.Group{{Records: records}}
	}
	return records.Alike()
}
