package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"hgbench/bench"
)

// Whatever is in the list of a submission: no panic, and what is read can be
// written, and is read again as it was.
func FuzzSubmission(f *testing.F) {
	f.Add([]byte(`{"sweep":"a","total":2,"points":[{"number":1,"name":"b","id":"ab","seconds":1.5,"bytes":9,"spec":{"model":{"d_model":16}}}],"options":{"Threads":2},"tensorboard":true}`))
	f.Add([]byte(`{"points":[{"spec":{"budget":{"seconds":9}}}]}`))
	f.Add([]byte(`{"points":null,"options":{"Threads":1e5}}`))
	f.Add([]byte(`[]`))
	path := filepath.Join(f.TempDir(), pointsFile)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := readSubmission(path)
		if err != nil {
			return
		}
		for _, p := range read.Points {
			p.Spec.ID("ab")
			_ = p.Spec.Validate()
		}
		if err := os.WriteFile(path, asJSON(t, read), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := readSubmission(path)
		if err != nil {
			t.Fatalf("%+v was read and cannot be read again: %v", read, err)
		}
		if a, b := asJSON(t, read), asJSON(t, again); !bytes.Equal(a, b) {
			t.Errorf("read %s, then %s", a, b)
		}
	})
}

// Whatever the process of a point says: no panic, and it ends with a record or
// an error.
func FuzzFollow(f *testing.F) {
	f.Add([]byte(`{"progress":{"Phase":"train","Step":3}}{"note":"n"}{"ended":true,"record":{"id":"ab","status":"done"}}`))
	f.Add([]byte(`{"ended":true,"record":{"id":"ab"},"error":"diverged","claimed":true}`))
	f.Add([]byte(`{"ended":true}`))
	f.Add([]byte(`fatal error: out of memory`))
	f.Fuzz(func(t *testing.T, said []byte) {
		o := bench.Options{Progress: func(p bench.Progress) { asJSON(t, p) }, Note: func(string) {}}
		end, err := follow(bytes.NewReader(said), o)
		if err == nil {
			if end.Record == nil {
				t.Fatal("it ended without a record")
			}
			asJSON(t, end.Record)
		}
	})
}

// Whatever a point is told to do: no panic, and what is read can be passed on.
func FuzzAssignment(f *testing.F) {
	f.Add([]byte(`{"spec":{"model":{"system":"hourglass","hierarchy":"1@1,1@2,1@1"},"train":{"steps":3}},"options":{"Threads":1}}`))
	f.Add([]byte(`{"spec":null,"options":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var a assignment
		if json.Unmarshal(text, &a) == nil {
			asJSON(t, a)
			_ = a.Spec.Validate()
		}
	})
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%+v: %v", v, err)
	}
	return text
}
