package bench

import (
	"strings"
	"testing"
)

// Absurd sizes are one error that states the limit, and what is below it is planned.
func TestLimits(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"train: {batch: 1000000000}", "train.batch: a step holds 1000000000 windows of 504 tokens in memory, of which one value alone takes 1.83 PiB; want at most 64 TiB"},
		{"train: {batch: 1000000000, micro_batch: 1}", "train.micro_batch: 1 makes 1000000000 micro-batches of 12 layers in one program; want at most 10000 layers in all"},
		{"train: {batch: 1024, micro_batch: 1}", "train.micro_batch: 1 makes 1024 micro-batches"},
		{"train: {context: 1000000000}", "train.context: 1000000000; want at most 1048576"},
		{"eval: {context: 1000000000}", "eval.context: 1000000000; want at most 1048576"},
		{"model: {storage: materialised}\ntrain: {context: 1000000, batch: 100}", "train.batch: a step holds 100 windows of 1000000 tokens"},
		{"model: {system: transformer-xl, memory: 1000000}\ntrain: {context: 4}", "model.memory: 1000000 grows over 250001 segments of 4 tokens"},
		{"model: {system: transformer-xl, memory: 4, eval_memory: 1000000}\ntrain: {context: 4}", "model.eval_memory: 1000000 grows over"},
		{"train: {batch: 1000000000, micro_batch: 7}", "train.micro_batch: 7 does not divide batch"},
	} {
		_, err := ParseSpec("test.yaml", []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v; want one line, %q", c.src, err, c.want)
		}
	}
	p := NewPlanner(1)
	defer p.Close()
	for _, src := range []string{"train: {batch: 20000000}", "train: {batch: 128, micro_batch: 1, context: 64}"} {
		s := mustParse(t, "model: {d_model: 16, heads: 2, hierarchy: '1@1,1@2,1@1'}\neval: {bytes: 1000}\n"+src)
		s.Data = textFile(t)
		if plan, err := p.Plan(s); err != nil || plan.Memory.Total == 0 {
			t.Errorf("%q: %+v, %v", src, plan.Memory, err)
		}
	}
}
