package main

import (
	"bytes"
	"testing"
)

func TestEscaping(t *testing.T) {
	const want = `é\x1b[31m \x00\xc2\x9b\x0d ﷽😀` + "\n\t" + `\xe2\x82x\xff` + "\n"
	text := "é\x1b[31m \x00\u009b\r ﷽😀\n\t\xe2\x82x\xff\n"
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := &escaping{to: &out}
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
				t.Fatal(got, err)
			}
			rest = rest[n:]
		}
		if out.String() != want {
			t.Errorf("written by %d bytes: %q, want %q", size, out.String(), want)
		}
	}
	if _, err := (&escaping{to: &fullDisk{}}).Write([]byte("a")); err == nil {
		t.Error("an error of the terminal is lost")
	}
}
