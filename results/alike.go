package results

import (
	"fmt"
	"strings"
)

// Alike parts records into those whose BPCs may be compared: reached on one
// corpus, over windows of one length and on equally many bytes. A group's key
// says of what it is, "enwik7" or "enwik7, context 504", as far as that differs.
func (rs Records) Alike() []Group {
	groups := rs.GroupBy(func(r Record) string {
		return strings.Join([]string{r.Data.SHA256, r.Setting("eval.context"), r.Setting("eval.valid_bytes"), r.Setting("eval.bytes")}, "\x00")
	})
	firsts := make(Records, len(groups))
	for i, g := range groups {
		firsts[i] = g.Records[0]
	}
	names := map[string]int{}
	for i, r := range firsts {
		parts := []string{r.Data.Name}
		for _, key := range []string{"eval.context", "eval.valid_bytes", "eval.bytes"} {
			if !firsts.agree(key) {
				parts = append(parts, strings.ReplaceAll(strings.TrimPrefix(key, "eval."), "_", " ")+" "+r.Setting(key))
			}
		}
		groups[i].Key = strings.Join(parts, ", ")
		if names[groups[i].Key]++; names[groups[i].Key] > 1 { // other bytes of that name
			groups[i].Key += fmt.Sprintf(" (%.8s)", r.Data.SHA256)
		}
	}
	return groups
}

// Comparable is an error where the BPCs of records may not be compared, see Alike.
func (rs Records) Comparable() error {
	groups := rs.Alike()
	if len(groups) < 2 {
		return nil
	}
	for _, g := range groups[1:] {
		if a, b := groups[0].Records[0], g.Records[0]; a.Data.SHA256 != b.Data.SHA256 {
			return fmt.Errorf("the runs are on different data (%s, %s); take one corpus at a time", a.Data.Name, b.Data.Name)
		}
	}
	return fmt.Errorf("the runs were evaluated differently (%s; %s); take those that were evaluated alike", groups[0].Key, groups[1].Key)
}
