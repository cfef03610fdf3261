package results

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Records are runs in the order in which they were read. Methods return new
// Records and leave their receiver alone, so that they chain:
//
//	records.Done().Where(isHourglass).Pareto(results.NecessaryFLOPs, results.ValidBPC)
type Records []Record

// Where keeps the records for which keep is true.
func (rs Records) Where(keep func(Record) bool) Records {
	var kept Records
	for _, r := range rs {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// Done keeps the runs that were trained and evaluated to their end and proven
// causal: those whose BPC means something.
func (rs Records) Done() Records { return rs.Where(Record.isDone) }

// Finished keeps the runs that came to their end: those that are done, and those
// that look ahead and were recorded all the same, whose names have a LeakMark.
func (rs Records) Finished() Records {
	return rs.Where(func(r Record) bool { return r.Status == Done })
}

// NotDone keeps the others: runs that failed, and runs that look ahead and were
// recorded all the same.
func (rs Records) NotDone() Records {
	return rs.Where(func(r Record) bool { return !r.isDone() })
}

func (r Record) isDone() bool { return r.Status == Done && !r.Causality.Leak }

// SortBy sorts by a value, smallest first; records without it (NaN) come last,
// and records of equal value keep their order. Metrics and axes have such a
// value: SortBy(results.ValidBPC.Value).
func (rs Records) SortBy(value func(Record) float64) Records {
	sorted := slices.Clone(rs)
	slices.SortStableFunc(sorted, func(a, b Record) int { return compareNaNLast(value(a), value(b)) })
	return sorted
}

// Best is the done run with the lowest metric, as Records of one; empty when no
// run has the metric.
func (rs Records) Best(m Metric) Records {
	sorted := rs.Done().SortBy(m.Value)
	if len(sorted) == 0 || math.IsNaN(m.Value(sorted[0])) {
		return nil
	}
	return sorted[:1]
}

// Pareto is Frontier as a method.
func (rs Records) Pareto(x Axis, y Metric) Records { return Frontier(rs, x, y) }

// Find returns the record of an id, which may be cut short as long as it is not
// ambiguous; ok is false when there is none or more than one.
func (rs Records) Find(id string) (r Record, ok bool) {
	if id == "" {
		return Record{}, false
	}
	alike := rs.Where(func(r Record) bool { return strings.HasPrefix(r.ID, id) })
	for _, r := range alike {
		if r.ID == id {
			return r, true
		}
	}
	if len(alike) != 1 {
		return Record{}, false
	}
	return alike[0], true
}

// latest keeps, of records with the same id, the last one, in the place of the
// first; but no failure takes the place of a result.
func (rs Records) latest() Records {
	at := make(map[string]int, len(rs))
	var kept Records
	for _, r := range rs {
		i, ok := at[r.ID]
		switch {
		case !ok:
			at[r.ID] = len(kept)
			kept = append(kept, r)
		case r.Status == Done || kept[i].Status != Done:
			kept[i] = r
		}
	}
	return kept
}

// Group is the records that share a key.
type Group struct {
	Key     string
	Records Records
}

// GroupBy collects the records of equal key, in the order in which keys appear.
func (rs Records) GroupBy(key func(Record) string) []Group {
	at := map[string]int{}
	var groups []Group
	for _, r := range rs {
		k := key(r)
		i, ok := at[k]
		if !ok {
			i = len(groups)
			at[k] = i
			groups = append(groups, Group{Key: k})
		}
		groups[i].Records = append(groups[i].Records, r)
	}
	return groups
}

func compareNaNLast(a, b float64) int {
	switch an, bn := math.IsNaN(a), math.IsNaN(b); {
	case an && bn:
		return 0
	case an:
		return 1
	case bn:
		return -1
	}
	return cmp.Compare(a, b)
}
