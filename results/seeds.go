package results

import (
	"encoding/json"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// OverSeeds groups the finished runs that differ in nothing but the seed, on the
// same corpus. A group's key is its name as Labels gives it. Groups that look
// ahead are among them, see Group.Leaks.
func (rs Records) OverSeeds() []Group {
	runs := rs.Finished()
	labels := runs.Labels()
	label := make(map[string]string, len(runs))
	for i, r := range runs {
		label[r.seedless()] = labels[i]
	}
	groups := runs.GroupBy(Record.seedless)
	for i := range groups {
		groups[i].Key = label[groups[i].Key]
	}
	return groups
}

// seedless is the spec without its seed, canonical, and the corpus hash.
func (r Record) seedless() string {
	settings := r.settings()
	delete(settings, "seed")
	text, err := json.Marshal(settings) // sorts the keys
	if err != nil || settings == nil {
		return r.ID // an unreadable spec equals no other
	}
	return r.Data.SHA256 + string(text)
}

// Mean of a value over the group's runs that have it; NaN if none has.
func (g Group) Mean(value func(Record) float64) float64 {
	vs := g.values(value)
	if len(vs) == 0 {
		return math.NaN()
	}
	return stat.Mean(vs, nil)
}

// SD is the sample standard deviation of a value over the group's runs that
// have it: over seeds, the spread that a new seed would show. NaN for fewer
// than two. It says nothing of the sampling error of the test set, which each
// record's TestStderr estimates.
func (g Group) SD(value func(Record) float64) float64 {
	vs := g.values(value)
	if len(vs) < 2 {
		return math.NaN()
	}
	return stat.StdDev(vs, nil)
}

// SeedReach is how far the values of two runs lie apart that differ in nothing
// but the seed, at most, with the probability Confidence: SD·√2 for the
// difference of two, times Student's t, since few seeds know SD only roughly.
// NaN for fewer than two seeds.
func (g Group) SeedReach(value func(Record) float64) float64 {
	n := len(g.values(value))
	if n < 2 {
		return math.NaN()
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile((1 + Confidence) / 2)
	return t * math.Sqrt2 * g.SD(value)
}

func (g Group) values(value func(Record) float64) []float64 {
	var vs []float64
	for _, r := range g.Records {
		if v := value(r); !math.IsNaN(v) {
			vs = append(vs, v)
		}
	}
	return vs
}
