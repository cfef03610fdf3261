package bench

import (
	"context"
	"math"
	"testing"
)

func TestProfile(t *testing.T) {
	s := tiny(t, "hourglass", "data="+textFile(t), "train.micro_batch=2")
	const peak = 10.0
	ops, err := Profile(t.Context(), s, 2, peak, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	passes := map[string]bool{}
	var share, executed float64
	for i, op := range ops {
		passes[op.Op+" "+op.Pass] = true
		share += op.Share
		executed += op.FLOPsExecuted
		if !(op.Seconds > 0) || op.Nodes < 1 || i > 0 && op.Seconds > ops[i-1].Seconds {
			t.Errorf("%+v", op)
		}
		if want := op.FLOPsExecuted / op.Seconds / 1e9 / peak; math.Abs(op.ShareOfPeak-want) > 1e-9*want {
			t.Errorf("share of peak %g, want %g", op.ShareOfPeak, want)
		}
	}
	for _, want := range []string{"MatMul forward", "MatMul backward", "Attention forward", "AttentionGrad backward", "Adam update"} {
		if !passes[want] {
			t.Errorf("no %s in %v", want, passes)
		}
	}
	if math.Abs(share-1) > 1e-9 {
		t.Errorf("shares add up to %g", share)
	}
	if want := flops(t, s).ExecutedPerToken * 56; math.Abs(executed/want-1) > 1e-12 {
		t.Errorf("%g FLOPs executed, want %g", executed, want)
	}
}

func TestProfileErrors(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	if _, err := Profile(t.Context(), s, 0, 1, Options{}); err == nil || !contains(err, "measure 0 steps") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Profile(ctx, s, 1, 1, Options{}); !isCancelled(err) {
		t.Error(err)
	}
}
