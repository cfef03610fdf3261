package data

import (
	"slices"
	"testing"
)

func TestEvalWindows(t *testing.T) {
	tests := []struct {
		n, context, stride int
		want               []Window
	}{
		{10, 4, 2, []Window{{0, 4, 4}, {2, 4, 2}, {4, 4, 2}, {6, 4, 2}}},
		{11, 4, 2, []Window{{0, 4, 4}, {2, 4, 2}, {4, 4, 2}, {6, 4, 2}, {7, 4, 1}}},
		{8, 4, 4, []Window{{0, 4, 4}, {4, 4, 4}}},
		{9, 4, 4, []Window{{0, 4, 4}, {4, 4, 4}, {5, 4, 1}}},
		{3, 4, 2, []Window{{0, 3, 3}}},
		{4, 4, 1, []Window{{0, 4, 4}}},
		{1, 1, 1, []Window{{0, 1, 1}}},
	}
	for _, test := range tests {
		got, err := EvalWindows(test.n, test.context, test.stride)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%d targets, context %d, stride %d: %v, %v; want %v", test.n, test.context, test.stride, got, err, test.want)
		}
	}
}

// Exhaustive at small sizes: every target is counted once, and windows are where the definition puts them.
func TestEvalWindowsCountEachTargetOnce(t *testing.T) {
	for n := 1; n <= 40; n++ {
		for context := 1; context <= 13; context++ {
			for stride := 1; stride <= context; stride++ {
				windows, err := EvalWindows(n, context, stride)
				if err != nil {
					t.Fatal(err)
				}
				if cap(windows) != len(windows) {
					t.Errorf("n %d, context %d, stride %d: room for %d windows, not %d", n, context, stride, cap(windows), len(windows))
				}
				counted := make([]int, n)
				for i, w := range windows {
					end := w.Start + w.Len
					if want := min(context+i*stride, n); end != want || w.Len != min(context, n) {
						t.Fatalf("n %d, context %d, stride %d: window %d is %v, want end %d", n, context, stride, i, w, want)
					}
					for target := end - w.Score; target < end; target++ {
						counted[target]++
					}
					if first := end - w.Score; i > 0 && first-w.Start < context-stride {
						t.Errorf("n %d, context %d, stride %d: window %v predicts from less than context − stride tokens", n, context, stride, w)
					}
				}
				for target, times := range counted {
					if times != 1 {
						t.Fatalf("n %d, context %d, stride %d: target %d is counted %d times", n, context, stride, target, times)
					}
				}
			}
		}
	}
}

func TestEvalWindowsErrors(t *testing.T) {
	for _, test := range []struct {
		n, context, stride int
		want               string
	}{
		{0, 4, 2, "evaluate 0 targets"},
		{-1, 4, 2, "evaluate -1 targets"},
		{10, 0, 1, "context 0"},
		{10, 4, 0, "stride 0: want 1 to the context of 4"},
		{10, 4, 5, "stride 5: want 1 to the context of 4"},
	} {
		for _, c := range []*Corpus{{}, {RowLen: 6}} {
			_, err := c.EvalWindows(test.n, test.context, test.stride)
			wantError(t, err, test.want)
		}
	}
}

func TestEvalWindowsOfPictures(t *testing.T) {
	c := &Corpus{RowLen: 6}
	got, err := c.EvalWindows(14, 4, 3)
	want := []Window{{0, 4, 4}, {2, 4, 2}, {6, 4, 4}, {8, 4, 2}, {12, 2, 2}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}
