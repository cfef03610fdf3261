package bench

import "hgbench/pkg/nn"

// SpecWords are the words that a key of a spec may have as its value, for
// shells to complete; nil where it takes something else. Some attention kinds
// want arguments behind them.
func SpecWords(key string) []string {
	switch key {
	case "model.system":
		return sortedKeys(systems)
	case "model.attention":
		return nn.Kinds()
	case "model.positions":
		return positions
	case "model.shorten":
		return shortenings
	case "model.upsample":
		return upsamplings
	case "model.storage":
		return storages
	case "model.norm":
		return norms
	case "train.schedule":
		return schedules
	}
	return nil
}
