package results

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Setting returns a setting of the spec as text, by its dotted key as in a spec
// file: Setting("train.lr") is "0.001". Maps and lists read as in YAML's flow
// style without braces, "1: window(64), 3: relative". It is "" when the spec
// has no such key.
func (r Record) Setting(key string) string { return r.settings()[key] }

// Number returns a numeric setting, NaN when there is none.
func (r Record) Number(key string) float64 {
	v, err := strconv.ParseFloat(r.Setting(key), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// System is what the model calls itself: hourglass, transformer, transformer-xl.
func (r Record) System() string { return r.Setting("model.system") }

// Hierarchy in the paper's notation, layers@total-shortening with commas:
// "1@1,4@3,1@1".
func (r Record) Hierarchy() string {
	fields := strings.FieldsFunc(r.Setting("model.hierarchy"), func(c rune) bool { return c == ',' || c == ' ' })
	return strings.Join(fields, ",")
}

// Attention is the attention kind, or kinds by total shortening.
func (r Record) Attention() string { return r.Setting("model.attention") }

// IsHourglass tells the paper's model from its baselines.
func (r Record) IsHourglass() bool { return r.System() == "hourglass" }

// Variant is the system with its attention in parentheses, unless that is the
// relative attention which Hourglass and Transformer-XL have by definition:
// "transformer(relative)", "transformer(full, rotary)", "hourglass".
func (r Record) Variant() string {
	if r.Causality.Leak {
		return r.causalVariant() + " " + LeakMark
	}
	return r.causalVariant()
}

func (r Record) causalVariant() string {
	system, attention := r.System(), r.Attention()
	positions := r.Setting("model.positions")
	if attention == "full" && positions == "relative" {
		attention = "relative" // which is what it means
	}
	if attention == "" || attention == "relative" && system != "transformer" {
		return system
	}
	if attention != "relative" && positions != "" && positions != "none" {
		attention += ", " + positions
	}
	return system + "(" + attention + ")"
}

// Label names the model for people: "transformer(relative) 4@1",
// "hourglass 1@1,4@3,1@1".
func (r Record) Label() string {
	return strings.TrimSpace(r.Variant() + " " + r.Hierarchy())
}

// settings flattens the spec to dotted keys. A spec has sections of settings;
// what is nested deeper is one setting's value.
func (r Record) settings() map[string]string {
	var sections map[string]any
	d := json.NewDecoder(bytes.NewReader(r.Spec))
	d.UseNumber() // a 64-bit seed must keep all its digits
	if d.Decode(&sections) != nil {
		return nil
	}
	flat := map[string]string{}
	for name, v := range sections {
		section, ok := v.(map[string]any)
		if !ok {
			flat[name] = settingText(v)
			continue
		}
		for key, v := range section {
			flat[name+"."+key] = settingText(v)
		}
	}
	return flat
}

func settingText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			return v.String()
		}
		if f, err := v.Float64(); err == nil {
			return strconv.FormatFloat(f, 'g', -1, 64) // 1e-3 and 0.001 are one value
		}
		return v.String()
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, settingText(e))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		var parts []string
		for _, k := range slices.SortedFunc(maps.Keys(v), compareNumbers) {
			parts = append(parts, k+": "+settingText(v[k]))
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

// compareNumbers orders the keys of a level map, which are whole numbers, by value.
func compareNumbers(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// Varying lists the dotted keys of settings in which the records differ, sorted.
// It leaves out the seed, what Variant and Hierarchy already tell, settings that
// are in all records what follows by default from others, and settings of the
// model in which only different systems differ: that a Transformer does not
// shorten goes without saying.
func (rs Records) Varying() []string {
	differs := rs.differing()
	model := map[string]bool{}
	for _, g := range rs.GroupBy(Record.System) {
		maps.Copy(model, g.Records.differing())
	}
	all := make([]map[string]string, len(rs))
	for i, r := range rs {
		all[i] = r.settings()
	}
	maps.DeleteFunc(differs, func(key string, _ bool) bool {
		if allDerived(key, all) {
			return true
		}
		switch key {
		case "seed", "model.system", "model.hierarchy", "model.attention", "model.positions":
			return true
		}
		return strings.HasPrefix(key, "model.") && !model[key]
	})
	return slices.Sorted(maps.Keys(differs))
}

// differing are the keys that do not have one value, or none, in all records.
func (rs Records) differing() map[string]bool {
	differs := map[string]bool{}
	var first map[string]string
	for i, r := range rs {
		settings := r.settings()
		if i == 0 {
			first = settings
			continue
		}
		for k, v := range settings {
			if w, ok := first[k]; !ok || v != w {
				differs[k] = true
			}
		}
		for k := range first {
			if _, ok := settings[k]; !ok {
				differs[k] = true
			}
		}
	}
	return differs
}

// Labels names each record: its Label, and where several records share that,
// the settings that tell those apart: "hourglass 1@1,4@3,1@1 (lr 0.002)". Runs
// that differ in nothing but the seed have the same name.
func (rs Records) Labels() []string {
	labels := make([]string, len(rs))
	byLabel := map[string]Records{}
	for i, r := range rs {
		labels[i] = r.Label()
		byLabel[labels[i]] = append(byLabel[labels[i]], r)
	}
	keys := map[string][]string{}
	for label, same := range byLabel {
		keys[label] = same.Varying()
	}
	for i, r := range rs {
		labels[i] += tell(r.settings(), keys[labels[i]])
	}
	return labels
}

// tell gives settings for the end of a name, " (lr 0.002)"; empty when there are none.
func tell(settings map[string]string, keys []string) string {
	var told []string
	for _, k := range keys {
		if v := settings[k]; v != "" {
			told = append(told, ShortKey(k)+" "+v)
		}
	}
	if len(told) == 0 {
		return ""
	}
	return " (" + strings.Join(told, ", ") + ")"
}

// ShortKey is a dotted key as people say it: "train.lr" is "lr". Keys that two
// sections share keep their section: "eval context".
func ShortKey(key string) string {
	section, name, ok := strings.Cut(key, ".")
	switch {
	case !ok:
		return key
	case section == "eval":
		return "eval " + strings.ReplaceAll(name, "_", " ")
	}
	return strings.ReplaceAll(name, "_", " ")
}
