package results

import (
	"math"
	"strconv"
)

// derived is what settings are by default, given the others of their spec. Where
// all records of a comparison have that, the setting goes without saying: names
// and tables tell what it follows from.
var derived = map[string]func(get func(key string) float64, system string) float64{
	"model.d_ff": func(get func(string) float64, _ string) float64 { return 4 * get("model.d_model") },
	"model.memory": func(get func(string) float64, system string) float64 {
		return ifRecurrent(system, get("train.context"), 0)
	},
	"model.eval_memory": func(get func(string) float64, _ string) float64 { return get("model.memory") },
	"train.micro_batch": func(get func(string) float64, _ string) float64 { return get("train.batch") },
	"eval.context":      func(get func(string) float64, _ string) float64 { return get("train.context") },
	"eval.stride": func(get func(string) float64, system string) float64 {
		context := get("eval.context")
		return ifRecurrent(system, context, max(1, math.Floor(context/2)))
	},
}

func ifRecurrent(system string, yes, no float64) float64 {
	if system == "transformer-xl" {
		return yes
	}
	return no
}

// allDerived says whether a setting is in every record what it is by default.
func allDerived(key string, all []map[string]string) bool {
	rule, ok := derived[key]
	if !ok {
		return false
	}
	for _, settings := range all {
		get := func(key string) float64 {
			v, err := strconv.ParseFloat(settings[key], 64)
			if err != nil {
				return math.NaN()
			}
			return v
		}
		if get(key) != rule(get, settings["model.system"]) {
			return false
		}
	}
	return true
}
