package main

import (
	"fmt"
	"strings"

	"hgbench/bench"
)

// withError is a loss with its standard error, or why there is none.
func withError(bits, stderr float64) string {
	if stderr == 0 {
		return fmt.Sprintf("%.4f (standard error unknown: too few windows)", bits)
	}
	return fmt.Sprintf("%.4f ± %.4f", bits, stderr)
}

// evaluated says what an evaluation found and on what, and where the split did not
// have what the spec asks for.
func evaluated(spec bench.Spec, e bench.Scored) string {
	longest := e.Bytes
	if e.Row > 0 {
		longest = min(longest, int64(e.Row))
	}
	window := min(int64(e.Context), longest)
	on := fmt.Sprintf("%d targets in 1 window", e.Bytes)
	if e.Windows > 1 {
		on = fmt.Sprintf("%d targets in %d windows of %d tokens advancing by %d", e.Bytes, e.Windows, window, e.Stride)
	}
	asked, key := spec.Eval.Bytes, "eval.bytes"
	if e.Split == "valid" {
		asked, key = spec.Eval.ValidBytes, "eval.valid_bytes"
	}
	var clipped []string
	if asked > e.Bytes {
		clipped = append(clipped, fmt.Sprintf("%s asks for %d, the split has no more", key, asked))
	}
	if int64(e.Context) > longest {
		clipped = append(clipped, fmt.Sprintf("eval.context asks for %d, there are %d", e.Context, longest))
	}
	if len(clipped) > 0 {
		on += " (" + strings.Join(clipped, "; ") + ")"
	}
	return fmt.Sprintf("%s %s %s; %s", e.Split, e.Bits().Name, withError(e.BPC, e.Stderr), on)
}
