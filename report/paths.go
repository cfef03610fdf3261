package report

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"

	"hgbench/results"
)

// withoutPaths takes from the names of corpora the folders that they are in here,
// which are nobody else's business: "cifar10:/home/me/batches" is
// "cifar10:batches".
func withoutPaths(records results.Records) results.Records {
	out := make(results.Records, len(records))
	for i, r := range records {
		kind, path, found := strings.Cut(r.Data.Name, ":")
		if !found {
			kind, path = "", r.Data.Name
		}
		if filepath.IsAbs(path) {
			name := filepath.Base(path)
			if found {
				name = kind + ":" + name
			}
			r.Spec = bytes.ReplaceAll(r.Spec, quoted(r.Data.Name), quoted(name))
			r.Data.Name = name
		}
		out[i] = r
	}
	return out
}

func quoted(s string) []byte {
	text, _ := json.Marshal(s) // never fails on a string
	return text
}

// portable is a source that means something elsewhere too: "" for a place here.
func portable(source string) string {
	if filepath.IsAbs(source) {
		return ""
	}
	return source
}
