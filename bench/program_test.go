package bench

import "testing"

func TestSameProgram(t *testing.T) {
	clean, dirty := program{"abc", "1"}, program{"abc+dirty", "2"}
	for _, c := range []struct {
		a, b program
		want bool
	}{
		{clean, clean, true},
		{clean, program{"abc", "3"}, true},        // built again
		{clean, program{"abc+dirty", "1"}, true},  // a file that is no source has changed
		{dirty, program{"abc+dirty", "3"}, false}, // two changes
		{program{"", "1"}, program{"", "2"}, false},
		{clean, program{"def", "2"}, false},
	} {
		if c.a.same(c.b) != c.want || c.b.same(c.a) != c.want {
			t.Errorf("%v and %v: the same %v", c.a, c.b, !c.want)
		}
	}
	if p, err := currentProgram(); err != nil || len(p.SHA256) != 64 {
		t.Errorf("%v, %v", p, err)
	}
}
