package bench

import (
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// NecessaryPerToken is the necessary FLOPs of training for one token: a Cost.
func NecessaryPerToken(s Spec) (float64, error) {
	f, err := flopsOf(s, data.Vocab)
	return f.NecessaryPerToken, err
}

// flopsOf are those of training that is not built yet.
func flopsOf(s Spec, vocab int) (results.FLOPs, error) {
	t, err := newTraining(s, vocab, graph.Float32)
	if err != nil {
		return results.FLOPs{}, err
	}
	return t.flops(vocab)
}

// counted are the variants by which a step is costed, on average: all of a family
// that differ in shortening factor; of a memory that grows, the full one.
func (t *training) counted() []*variant {
	if t.recurrent() {
		return t.variants[len(t.variants)-1:]
	}
	return t.variants
}

// flops counts the FLOPs of training. Necessary and dense ones are those of a
// whole batch at once, so that micro-batches change only the executed ones.
func (t *training) flops(vocab int) (results.FLOPs, error) {
	s, done, models := t.spec, t.counted(), t.counted()
	if s.Train.MicroBatch != s.Train.Batch {
		s.Train.MicroBatch = s.Train.Batch
		whole, err := newTraining(s, vocab, graph.Float32)
		if err != nil {
			return results.FLOPs{}, err
		}
		models = whole.counted()
	}
	tokens, n := float64(s.TokensPerStep()), float64(len(models))
	var f results.FLOPs
	for i, m := range models {
		f.NecessaryPerToken += m.FLOPs.Necessary / tokens / n
		f.DensePerToken += m.FLOPs.Dense / tokens / n
		f.ExecutedPerToken += done[i].FLOPs.Executed / tokens / n
	}
	f.Total = f.NecessaryPerToken * tokens * float64(s.Train.Steps)
	return f, nil
}

func parametersOf(p *graph.Program) (n int64) {
	for _, v := range p.Persistent {
		if v.Role == graph.Weight && !v.Frozen {
			n += int64(v.Elements())
		}
	}
	return n
}
