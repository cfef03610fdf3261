package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"hgbench/bench/strict"
	"hgbench/pkg/baselines"
	"hgbench/pkg/nn"
)

// system is a model that a spec may name.
type system struct {
	flat      bool // no shortened levels: the hierarchy is layers@1
	recurrent bool // keeps memory of previous segments

	attention, positions string // defaults; "" for relative and none
}

var systems = func() map[string]system {
	all := map[string]system{
		"hourglass":      {},
		"transformer":    {flat: true},
		"transformer-xl": {flat: true, recurrent: true, positions: "relative"},
	}
	for name, s := range baselines.Sparse {
		all[name] = system{flat: true, attention: s.Attention, positions: s.Positions}
	}
	return all
}()

// Systems lists the values of model.system.
func Systems() []string { return sortedKeys(systems) }

var (
	shortenings = []string{"average", "linear", "attention(average)", "attention(linear)"}
	upsamplings = []string{"repeat", "linear", "attention(none)", "attention(repeat)", "attention(linear)"}
	positions   = []string{"none", "absolute", "rotary", "relative"}
	storages    = []string{"streaming", "materialised"}
	norms       = []string{"pre", "post"}
	schedules   = []string{"constant", "cosine", "linear"}
)

// maxInt bounds sizes, so that a product of two of them fits an int64.
const maxInt = 1 << 30

// Validate says everything that is wrong with a spec, each error in one line
// that names the key and what would be right, joined.
func (s Spec) Validate() error {
	var errs []error
	for _, p := range s.problems() {
		errs = append(errs, &strict.Error{Key: p.key, Message: p.message})
	}
	return errors.Join(errs...)
}

type problem struct{ key, message string }

// validation collects the problems of a spec.
type validation struct {
	Spec
	found []problem
}

func (s Spec) problems() []problem {
	v := &validation{Spec: s}
	v.model()
	v.train()
	v.eval()
	if s.Data == "" {
		v.fail("data", "empty; want the name of a corpus, such as enwik7, or the path of a file")
	}
	if err := s.Budget.Validate(); err != nil {
		v.fail("budget", "%v", err)
	}
	v.limits()
	return v.causes()
}

// followed is the key that another one's default follows.
var followed = map[string]string{
	"model.d_ff":        "model.d_model",
	"model.memory":      "train.context",
	"model.eval_memory": "model.memory",
	"train.micro_batch": "train.batch",
	"train.warmup":      "train.steps",
	"eval.context":      "train.context",
	"eval.stride":       "eval.context",
}

// causes are the problems without those of defaults that follow from a key which
// is a problem itself.
func (v *validation) causes() []problem {
	wrong := make(map[string]bool)
	for _, p := range v.found {
		wrong[p.key] = true
	}
	derived := v.derived()
	return slices.DeleteFunc(v.found, func(p problem) bool {
		for key := p.key; derived[key]; {
			if key = followed[key]; wrong[key] {
				return true
			}
		}
		return false
	})
}

func (v *validation) fail(key, format string, args ...any) {
	v.found = append(v.found, problem{key, fmt.Sprintf(format, args...)})
}

func (v *validation) model() {
	m := v.Model
	system, known := systems[m.System]
	if !known {
		v.fail("model.system", "%v", unknown("system", m.System, Systems()))
		return // what the other keys mean depends on it
	}
	h, err := nn.ParseHierarchy(m.Hierarchy)
	switch {
	case err != nil:
		v.fail("model.hierarchy", "%v", err)
	case system.flat && !h.Flat():
		v.fail("model.hierarchy", "%s has shortened levels, system %s has none; want layers@1 such as 12@1, or system: hourglass", h, m.System)
	case !system.flat && h.Flat():
		v.fail("model.hierarchy", "%s has no shortened level, system %s needs one; want such as 2@1,8@3,2@1, or system: transformer", h, m.System)
	default:
		v.attention(h)
	}
	if !system.flat {
		v.resampling("model.shorten", "shortening", m.Shorten, shortenings)
		v.resampling("model.upsample", "upsampling", m.Upsample, upsamplings)
	}
	v.oneOf("model.positions", m.Positions, positions)
	v.oneOf("model.storage", m.Storage, storages)
	v.sizes()
	if !(m.Dropout >= 0 && m.Dropout < 1) {
		v.fail("model.dropout", "%g; want at least 0 and less than 1", m.Dropout)
	}
	v.recurrence(system.recurrent)
}

// sizes holds d_model, heads and d_ff to each other.
func (v *validation) sizes() {
	m := v.Model
	ok := between(v, "model.d_model", m.DModel, 1, 1<<16)
	ok = between(v, "model.heads", m.Heads, 1, 1<<16) && ok
	between(v, "model.d_ff", m.DFF, 1, 1<<20)
	if !ok {
		return
	}
	switch {
	case m.DModel%2 != 0:
		v.fail("model.d_model", "%d is odd; want an even width, as sinusoids come in pairs", m.DModel)
	case m.DModel%m.Heads != 0:
		v.fail("model.heads", "%d does not divide d_model %d; want %d heads or another divisor", m.Heads, m.DModel, nearestDivisor(m.DModel, m.Heads))
	case m.Positions == "rotary" && m.DModel/m.Heads%2 != 0:
		v.fail("model.heads", "%d heads of d_model %d are %d wide; rotary positions want an even width", m.Heads, m.DModel, m.DModel/m.Heads)
	}
}

// nearestDivisor of n to d.
func nearestDivisor(n, d int) int {
	best := 1
	for i := 1; i <= n; i++ {
		if n%i == 0 && abs(i-d) < abs(best-d) {
			best = i
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// attention holds kinds and positions to each other and to the hierarchy.
func (v *validation) attention(h nn.Hierarchy) {
	a := v.Model.Attention
	bad := false
	for _, total := range a.totals() {
		if _, ok := h.Level(total); !ok {
			v.fail("model.attention", "level %d is not in hierarchy %s; want a kind for each of its total shortenings", total, h)
			bad = true
		}
	}
	relative := true // at every level
	for _, level := range h.Levels {
		kind := a.At(level.Total)
		if kind == "" && a.Levels != nil {
			v.fail("model.attention", "no kind for level %d of hierarchy %s; want such as %d: relative", level.Total, h, level.Total)
			bad = true
			continue
		}
		longest := max(v.Train.Context+v.Model.Memory, v.Eval.Context+v.Model.EvalMemory, 1)
		if err := checkKind(kind, v.Model, level.Layers(), (longest-1)/level.Total+1); err != nil {
			bad = true
			if a.Levels == nil {
				v.fail("model.attention", "%v", err)
				break // the same at every level
			}
			v.fail("model.attention", "level %d: %v", level.Total, err)
			continue
		}
		relative = relative && bringsPositions(kind)
	}
	if bad {
		return
	}
	if p := v.Model.Positions; relative && (p == "absolute" || p == "rotary") {
		v.fail("model.positions", "%s, but attention: %s has relative positions already; want none here, or attention: full", p, a)
	}
	if systems[v.Model.System].recurrent {
		v.segments(a.At(1), h.Layers(), relative || v.Model.Positions == "relative")
	}
}

// segments holds kind and positions to segments with memory.
func (v *validation) segments(kind string, layers int, relative bool) {
	m := v.Model
	positions, err := nn.ParsePositions(m.Positions)
	if err != nil {
		return // said of positions
	}
	for _, s := range []struct {
		name            string
		context, memory int
	}{{"training", v.Train.Context, m.Memory}, {"evaluation", v.Eval.Context, m.EvalMemory}} {
		if err := nn.CheckRecurrent(kind, positions, m.Heads, layers, s.context, s.memory); err != nil {
			v.fail("model.attention", "in %s, %v", s.name, err)
			return
		}
	}
	if c, err := nn.CanonicalAttention(kind, m.Heads, layers); err == nil && m.SameLength && c != "relative" && c != "full" {
		v.fail("model.same_length", "attention %s says itself how much a query sees; want false, or attention: relative", kind)
	}
	if m.ClampLen > 0 && !relative {
		v.fail("model.clamp_len", "%d; positions %s have no distances to clamp; want 0, or positions: relative", m.ClampLen, m.Positions)
	}
}

func (v *validation) resampling(key, what, value string, known []string) {
	if c, err := parseCall(value); err != nil {
		v.fail(key, "%v", err)
	} else if !slices.Contains(known, c.String()) {
		v.fail(key, "%v", unknown(what, c.String(), known))
	}
}

// recurrence holds the keys of transformer-xl.
func (v *validation) recurrence(recurrent bool) {
	m := v.Model
	if recurrent {
		between(v, "model.memory", m.Memory, 0, maxInt)
		between(v, "model.eval_memory", m.EvalMemory, 0, maxInt)
		between(v, "model.clamp_len", m.ClampLen, 0, maxInt)
		v.oneOf("model.norm", m.Norm, norms)
		return
	}
	for _, key := range []struct {
		name string
		set  bool
	}{
		{"memory", m.Memory != 0}, {"eval_memory", m.EvalMemory != 0}, {"clamp_len", m.ClampLen != 0},
		{"same_length", m.SameLength}, {"norm", m.Norm != ""},
	} {
		if key.set {
			v.fail("model."+key.name, "system %s has no such thing; leave it out, or want system: transformer-xl", m.System)
		}
	}
}

func (v *validation) train() {
	t := v.Train
	between(v, "train.context", t.Context, 1, maxContext)
	batch := between(v, "train.batch", t.Batch, 1, maxInt)
	if between(v, "train.micro_batch", t.MicroBatch, 1, maxInt) && batch && t.Batch%t.MicroBatch != 0 {
		v.fail("train.micro_batch", "%d does not divide batch %d; want %d or another divisor", t.MicroBatch, t.Batch, nearestDivisor(t.Batch, t.MicroBatch))
	}
	// A budget stands in for the steps until it is resolved, and then is gone.
	if v.Budget.IsZero() || t.Steps < 0 {
		between(v, "train.steps", t.Steps, 1, maxInt)
	} else if t.Steps > 0 {
		v.fail("train.steps", "%d beside a budget of %s; want one of them", t.Steps, v.Budget)
	}
	if between(v, "train.warmup", t.Warmup, 0, maxInt) && t.Steps > 0 && t.Warmup > t.Steps {
		v.fail("train.warmup", "%d is more than the %d steps; want at most that", t.Warmup, t.Steps)
	}
	v.oneOf("train.schedule", t.Schedule, schedules)
	if !(t.LearningRate > 0 && t.LearningRate <= 100) {
		v.fail("train.lr", "%g; want more than 0 and at most 100, such as 1e-3", t.LearningRate)
	}
	for _, beta := range []struct {
		key   string
		value float64
	}{{"train.beta1", t.Beta1}, {"train.beta2", t.Beta2}} {
		if !(beta.value >= 0 && beta.value < 1) {
			v.fail(beta.key, "%g; want at least 0 and less than 1", beta.value)
		}
	}
	if !(t.Epsilon > 0 && t.Epsilon <= 1) {
		v.fail("train.epsilon", "%g; want more than 0 and at most 1, such as 1e-9", t.Epsilon)
	}
	if !(t.Clip >= 0) || math.IsInf(t.Clip, 0) {
		v.fail("train.clip", "%g; want 0 (no clipping) or a largest gradient norm", t.Clip)
	}
	if !(t.WeightDecay >= 0 && t.WeightDecay <= 1) {
		v.fail("train.weight_decay", "%g; want 0 to 1", t.WeightDecay)
	}
	if len(t.ShortenFactors) > 0 {
		v.shortenFactors()
	}
}

// shortenFactors holds to what varying the factor needs: one factor to vary,
// and no weights of a shape that depends on it.
func (v *validation) shortenFactors() {
	const key = "train.shorten_factors"
	if systems[v.Model.System].flat {
		v.fail(key, "system %s shortens nothing; leave it out, or want system: hourglass", v.Model.System)
		return
	}
	if h, err := nn.ParseHierarchy(v.Model.Hierarchy); err == nil && len(h.Levels) != 2 {
		v.fail(key, "hierarchy %s has %d shortened levels; want one, such as 2@1,8@3,2@1", h, len(h.Levels)-1)
	}
	for _, r := range []struct{ key, value, want string }{
		{"shorten", v.Model.Shorten, "average or attention(average)"},
		{"upsample", v.Model.Upsample, "repeat, attention(repeat) or attention(none)"},
	} {
		if c, err := parseCall(r.value); err == nil && (c.name == "linear" || slices.Contains(c.arguments, argument{value: "linear"})) {
			v.fail(key, "model.%s %s has weights for one factor only; want parameterless pooling, %s", r.key, c, r.want)
		}
	}
	if v.Model.Attention.Levels != nil {
		v.fail(key, "model.attention is a map by total shortening, which varies; want one kind for all levels")
	}
	seen := make(map[int]bool)
	for _, k := range v.Train.ShortenFactors {
		if k < 2 || k > 1<<20 {
			v.fail(key, "factor %d; want whole numbers from 2", k)
		} else if seen[k] {
			v.fail(key, "factor %d twice; want each once", k)
		}
		seen[k] = true
	}
}

func (v *validation) eval() {
	e := v.Eval
	between(v, "eval.every", e.Every, 0, maxInt)
	context := between(v, "eval.context", e.Context, 1, maxContext)
	if between(v, "eval.stride", e.Stride, 1, maxInt) && context {
		switch {
		case e.Stride > e.Context:
			v.fail("eval.stride", "%d is more than eval.context %d, so targets would be left out; want 1 to %d", e.Stride, e.Context, e.Context)
		case systems[v.Model.System].recurrent && e.Stride != e.Context:
			v.fail("eval.stride", "%d; system %s reads segments one after the other, want eval.context %d", e.Stride, v.Model.System, e.Context)
		}
	}
	between(v, "eval.valid_bytes", e.ValidBytes, 1, math.MaxInt64)
	between(v, "eval.bytes", e.Bytes, 1, math.MaxInt64)
}

func between[T int | int64](v *validation, key string, value, low, high T) bool {
	switch {
	case value < low:
		v.fail(key, "%d; want at least %d", value, low)
	case value > high:
		v.fail(key, "%d; want at most %d", value, high)
	default:
		return true
	}
	return false
}

func (v *validation) oneOf(key, value string, known []string) {
	if !slices.Contains(known, value) {
		v.fail(key, "%v", unknown("value", value, known))
	}
}
