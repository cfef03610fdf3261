package bench

import (
	"slices"
	"strings"
	"testing"
)

// Each word is a value that its key takes, or would with arguments, and each
// key is one.
func TestSpecWords(t *testing.T) {
	keys, _ := SpecKeys()
	var completed []string
	for _, key := range keys {
		words := SpecWords(key)
		if len(words) > 0 {
			completed = append(completed, key)
		}
		if slices.Contains(words, "") {
			t.Errorf("%s: an empty word among %q", key, words)
		}
		if key == "model.attention" {
			continue
		}
		for _, word := range words {
			if isUnknown(t, key, word) {
				t.Errorf("%s=%s is not known", key, word)
			}
		}
		if len(words) > 0 && !isUnknown(t, key, "nosuch") {
			t.Errorf("%s=nosuch is known", key)
		}
	}
	if len(completed) != 8 {
		t.Errorf("only %q have words", completed)
	}
}

// isUnknown says whether a key does not know a word at all.
func isUnknown(t *testing.T, key, word string) bool {
	t.Helper()
	s := DefaultSpec()
	if key == "model.norm" { // which only that system has
		s.Model.System = "transformer-xl"
	}
	if err := s.Set(key + "=" + word); err != nil {
		return true
	}
	return slices.ContainsFunc(s.problems(), func(p problem) bool {
		return p.key == key && strings.Contains(p.message, "unknown")
	})
}
