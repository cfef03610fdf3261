package data

import "fmt"

// Window is one forward pass of an evaluation: the model reads tokens Start to Start+Len−1 of a split and predicts each of
// them from those before it in the window. Only its last Score predictions count; the others were counted before, and are
// there as context.
type Window struct {
	Start, Len, Score int // tokens
}

// EvalWindows lays windows of context tokens over n targets so that each target is counted exactly once. Window i ends at
// min(context + i·stride, n). The first counts all its targets, each later one those not yet counted, so every target but the
// first ones is predicted from at least context − stride tokens. The last window starts at n − context. If n < context there
// is one window of n.
//
// An evaluation at 6912/128, as in the Hourglass paper, has context 6912 and stride 128. A stride outside 1 to context, or n
// or context below 1, is an error.
func EvalWindows(n, context, stride int) ([]Window, error) {
	switch {
	case n < 1:
		return nil, fmt.Errorf("evaluate %d targets: want at least 1", n)
	case context < 1:
		return nil, fmt.Errorf("evaluation context %d: want at least 1", context)
	case stride < 1 || stride > context:
		return nil, fmt.Errorf("evaluation stride %d: want 1 to the context of %d, so that no target is left out", stride, context)
	}
	end := min(context, n)
	windows := make([]Window, 0, 1+(n-end+stride-1)/stride)
	windows = append(windows, Window{0, end, end})
	for end < n {
		score := min(stride, n-end)
		end += score
		windows = append(windows, Window{end - context, context, score})
	}
	return windows, nil
}

// EvalWindows lays windows over the first n targets of a split of this corpus. Pictures are evaluated one by one, each
// from its own start; a last one that n cuts off is evaluated as far as n goes.
func (c *Corpus) EvalWindows(n, context, stride int) ([]Window, error) {
	if c.RowLen == 0 || n < 1 {
		return EvalWindows(n, context, stride)
	}
	var all []Window
	for start := 0; start < n; start += c.RowLen {
		row, err := EvalWindows(min(c.RowLen, n-start), context, stride)
		if err != nil {
			return nil, err
		}
		for _, w := range row {
			w.Start += start
			all = append(all, w)
		}
	}
	return all, nil
}
