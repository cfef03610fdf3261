package results

import (
	"strings"
	"testing"
)

func TestAlike(t *testing.T) {
	set := func(r Record, old, new string) Record {
		r.Spec = []byte(strings.Replace(string(r.Spec), old, new, 1))
		return r
	}
	for _, c := range []struct {
		name       string
		change     func(Record) Record
		keys, fail string
	}{
		{"same", func(r Record) Record { return r }, "enwik7", ""},
		{"another stride", func(r Record) Record { return set(r, `"stride":96`, `"stride":48`) }, "enwik7", ""},
		{"another corpus", func(r Record) Record { r.Data = Data{"text8", "other"}; return r },
			"enwik7|text8", "the runs are on different data (enwik7, text8); take one corpus at a time"},
		{"other bytes", func(r Record) Record { return set(r, `"bytes":20000`, `"bytes":30000`) },
			"enwik7, bytes 20000|enwik7, bytes 30000", "the runs were evaluated differently (enwik7, bytes 20000; enwik7, bytes 30000); take those that were evaluated alike"},
	} {
		rs := two()
		rs[1] = c.change(rs[1])
		var keys []string
		for _, g := range rs.Alike() {
			keys = append(keys, g.Key)
		}
		if got := strings.Join(keys, "|"); got != c.keys {
			t.Errorf("%s: %s, want %s", c.name, got, c.keys)
		}
		fail := ""
		if err := rs.Comparable(); err != nil {
			fail = err.Error()
		}
		if fail != c.fail {
			t.Errorf("%s: error %q, want %q", c.name, fail, c.fail)
		}
	}
}
