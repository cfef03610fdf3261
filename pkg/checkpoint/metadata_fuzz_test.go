package checkpoint

import (
	"bytes"
	"maps"
	"os"
	"testing"
)

// Whatever the bytes: no panic, and metadata that is read can be saved and is
// read again as it was.
func FuzzReadMetadata(f *testing.F) {
	path, seed := saved(f)
	f.Add(seed)
	f.Add(file(`{"__metadata__":{"state":"{}"}}`))
	f.Add(file(`{"__metadata__":{"a":1}}`))
	f.Add(file(`null`))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		want, err := ReadMetadata(path)
		if err != nil {
			return
		}
		var saved bytes.Buffer
		if err := write(&saved, nil, want); err != nil {
			t.Fatalf("read %q, which cannot be saved: %v", want, err)
		}
		if err := os.WriteFile(path, saved.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadMetadata(path)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("read %q, then %q, %v", want, got, err)
		}
	})
}
