package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Canonical is the spec in JSON with its defaults included, keys sorted and
// nothing in between: equal specs give equal bytes.
func (s Spec) Canonical() ([]byte, error) {
	s.normalise()
	return canonicalJSON(s)
}

// canonicalJSON sorts the keys, which encoding/json does for maps only.
func canonicalJSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	var sorted any
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber() // a float64 would round a large seed
	if err := d.Decode(&sorted); err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	return json.Marshal(sorted)
}

// ID of the run of a spec on a corpus with that SHA-256: 16 hexadecimal
// digits. Specs that mean the same run have the same id: it hashes the
// canonical JSON of the spec version, the corpus hash, and only those keys
// whose values differ from that version's defaults, so keys added later do
// not change it.
//
// A budget in seconds counts as itself: a run's id is that of the spec before a
// calibration puts steps in its place, see Spec.Asked. The data counts by its
// hash, not by its name or path.
func (s Spec) ID(corpusSHA string) string {
	b, err := canonicalJSON(map[string]any{
		"version": SpecVersion,
		"corpus":  strings.ToLower(corpusSHA),
		"spec":    s.changes(),
	})
	if err != nil {
		// Only a NaN or an infinity cannot be written, which Validate refuses;
		// such a spec still needs an id to be recorded as failed under.
		b = fmt.Appendf(nil, "%d %s %#v", SpecVersion, corpusSHA, s.changes())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// changes are the keys, nested by section, whose values differ from the
// defaults, derived ones included.
func (s Spec) changes() map[string]any {
	s = s.meaning()
	defaults := DefaultSpec()
	for _, d := range derivations {
		d.set(&defaults, s)
	}
	defaults.Data = s.Data                // see ID
	defaults.Train.Warmup = defaultWarmup // ids are older than that it follows a few steps
	defaults.Model.Attention = defaults.Model.Attention.meaning(s.Model)
	return difference(reflect.ValueOf(s), reflect.ValueOf(defaults))
}

// meaning is the spec with choices that lead to the same run made the same.
func (s Spec) meaning() Spec {
	s.normalise()
	m := &s.Model
	m.Attention = m.Attention.meaning(*m)
	// Where every kind brings its positions, positions: relative says nothing.
	if m.Attention.Levels == nil && m.Attention.Kind == "relative" && m.Positions == "relative" {
		m.Positions = "none"
	}
	return s
}

// difference between two structs of the same type, by yaml tag.
func difference(v, base reflect.Value) map[string]any {
	changes := make(map[string]any)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		a, b := v.Field(i), base.Field(i)
		if reflect.DeepEqual(a.Interface(), b.Interface()) {
			continue
		}
		switch a.Interface().(type) {
		case ModelSpec, TrainSpec, EvalSpec:
			changes[name] = difference(a, b)
		default:
			changes[name] = a.Interface()
		}
	}
	return changes
}
