package results

import (
	"math"
	"slices"
	"testing"
)

func ids(rs Records) []string {
	var ids []string
	for _, r := range rs {
		ids = append(ids, r.ID)
	}
	return ids
}

func bare(id string, bpc float64) Record {
	return Record{ID: id, Status: Done, ValidBPC: bpc, Spec: []byte("{}")}
}

func TestChain(t *testing.T) {
	failed := bare("failed", 0.5)
	failed.Status = Failed
	leak := bare("leak", 0.1)
	leak.Causality.Leak = true
	rs := Records{bare("a", 3), bare("unknown", 0), failed, bare("b", 1), leak, bare("c", 2), bare("d", 1)}
	before := slices.Clone(ids(rs))

	for _, c := range []struct {
		name string
		got  Records
		want []string
	}{
		{"Done", rs.Done(), []string{"a", "unknown", "b", "c", "d"}},
		{"NotDone", rs.NotDone(), []string{"failed", "leak"}},
		{"SortBy", rs.Done().SortBy(ValidBPC.Value), []string{"b", "d", "c", "a", "unknown"}},
		{"Best", rs.Best(ValidBPC), []string{"b"}},
		{"Best of none", rs[1:3].Best(ValidBPC), nil},
		{"Where", rs.Where(func(r Record) bool { return r.ID > "b" && len(r.ID) == 1 }), []string{"c", "d"}},
		{"of nothing", Records(nil).Done().SortBy(ValidBPC.Value).Best(ValidBPC), nil},
	} {
		if got := ids(c.got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if !slices.Equal(ids(rs), before) {
		t.Error("a method changed its receiver")
	}
}

func TestGroupBy(t *testing.T) {
	rs := Records{bare("b1", 1), bare("a1", 2), bare("b2", 3)}
	groups := rs.GroupBy(func(r Record) string { return r.ID[:1] })
	if len(groups) != 2 || groups[0].Key != "b" || !slices.Equal(ids(groups[0].Records), []string{"b1", "b2"}) || groups[1].Key != "a" {
		t.Errorf("%v", groups)
	}
	if m := groups[0].Mean(ValidBPC.Value); m != 2 {
		t.Errorf("mean %g, want 2", m)
	}
	if sd := groups[0].SD(ValidBPC.Value); math.Abs(sd-math.Sqrt2) > 1e-15 {
		t.Errorf("sd %g, want √2", sd)
	}
	if sd := groups[1].SD(ValidBPC.Value); !math.IsNaN(sd) {
		t.Errorf("sd of one is %g, want NaN", sd)
	}
}

func TestFind(t *testing.T) {
	rs := Records{bare("abc", 1), bare("abd", 1), bare("ab", 1), bare("xyz", 1)}
	for id, want := range map[string]string{"abc": "abc", "ab": "ab", "x": "xyz", "a": "", "": "", "abcd": "", "q": ""} {
		if r, ok := rs.Find(id); r.ID != want || ok != (want != "") {
			t.Errorf("Find(%q) = %q, %v; want %q", id, r.ID, ok, want)
		}
	}
}
