package plots

import (
	"errors"

	"hgbench/results"
)

// Figures draws the standard set that a sweep writes: bpc-vs-flops,
// bpc-vs-dense-flops, bpc-vs-seconds, bpc-vs-memory, all four side by side as
// bpc-vs-cost, curves (over tokens), bpc-vs-position, and memory-vs-context.
// A figure for which the records hold no data (no context varies, nothing was
// trained) is not in the set; when there would be none at all, the error says
// what each lacked.
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
	for _, cost := range results.Axes() {
		take(Efficiency(records, cost, opts))
	}
	take(Costs(records, opts))
	take(Curves(records, "tokens", opts))
	take(Position(records, opts))
	take(MemoryContext(records, opts))
	if len(figures) == 0 {
		return nil, errors.Join(lacking...)
	}
	return figures, nil
}
