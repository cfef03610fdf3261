package kernel

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Whatever another program has put there: no panic and no error, and what is
// read is what would be written.
func FuzzReadSpec(f *testing.F) {
	f.Add([]byte(`{"argv":["gophernotes","{connection_file}"],"display_name":"Go","language":"go","metadata":{"hgbench":{"source":"/src","digest":"2","go":"go1"}}}`))
	f.Add([]byte(`{"argv":"gophernotes"}`))
	f.Add([]byte(`{"metadata":{"hgbench":null}}`))
	f.Add([]byte(`null`))
	f.Add([]byte(nil))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		read := func() kernelspec {
			if err := os.WriteFile(filepath.Join(folder, "kernel.json"), content, 0o600); err != nil {
				t.Fatal(err)
			}
			spec, found, err := readSpec(folder)
			if err != nil || !found {
				t.Fatalf("%v, %v", found, err)
			}
			return spec
		}
		want := read()
		var err error
		if content, err = json.Marshal(want); err != nil {
			t.Fatal(err)
		}
		if got := read(); !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, then %+v", want, got)
		}
	})
}
