package results_test

import (
	"fmt"

	"hgbench/results"
)

// What a notebook does with results, here with records at hand in place of
// results.Load("hgbench-results/quick").
func Example() {
	run := func(id, system, hierarchy string, bpc, flops float64) results.Record {
		spec := fmt.Sprintf(`{"model": {"system": %q, "hierarchy": %q, "attention": "relative"}, "train": {"steps": 2000}, "seed": 1}`, system, hierarchy)
		r := results.Record{ID: id, Status: results.Done, Spec: []byte(spec), ValidBPC: bpc}
		r.FLOPs.Total = flops
		return r
	}
	records := results.Records{
		run("a", "transformer", "2@1", 2.61, 4e12),
		run("b", "transformer", "4@1", 2.43, 8e12),
		run("c", "hourglass", "1@1,4@3,1@1", 2.42, 6e12),
	}
	for _, r := range records.Pareto(results.NecessaryFLOPs, results.ValidBPC) {
		fmt.Println(r.Label(), results.FormatSI(r.FLOPs.Total, "FLOP"))
	}
	fmt.Println(results.Summarise(records, results.DetectProtocol(records)))
	// Output:
	// transformer(relative) 2@1 4 TFLOP
	// hourglass 1@1,4@3,1@1 6 TFLOP
	// P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.430) with 75 % of its FLOPs.
}
