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

// flops counts the FLOPs of training. Necessary and dense ones are those of a
// whole batch at once, so that micro-batches change only the executed ones.
// Variants of a family that differ (in shortening factor) are averaged; with a
// memory that grows, the full one counts.
func (t *training) flops(vocab int) (results.FLOPs, error) {
	s, done, models := t.spec, t.variants, t.variants
	if s.Train.MicroBatch != s.Train.Batch {
		s.Train.MicroBatch = s.Train.Batch
		whole, err := newTraining(s, vocab, graph.Float32)
		if err != nil {
			return results.FLOPs{}, err
		}
		models = whole.variants
	}
	if t.recurrent() {
		done, models = done[len(done)-1:], models[len(models)-1:]
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
