package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// What an error quotes is cut where it is long, and nothing else.
func TestLongQuotes(t *testing.T) {
	short := `hierarchy "1@1,2@2,1@1 \"x\"": term "2@2" is "` + strings.Repeat("y", 150) + `"`
	for in, want := range map[string]string{
		short:                     short,
		strings.Repeat("z", 1000): strings.Repeat("z", 1000),
		fmt.Sprintf("hierarchy %q: term %q has no @", strings.Repeat("a", 1e5), strings.Repeat(`"`, 1e5)): `hierarchy "` + strings.Repeat("a", 100) + `…": term "` + strings.Repeat(`\"`, 100) + `…" has no @`,
	} {
		if got := shortQuotes(in); got != want {
			t.Errorf("got %.400s, want %s", got, want)
		}
	}
	var out strings.Builder
	exitStatus(fmt.Errorf("attention %q: unknown kind", strings.Repeat("a", 1e5)), &out)
	if len(out.String()) > 200 {
		t.Errorf("an error of %d bytes", out.Len())
	}
}

// A signal ends waiting for a file that never ends.
func TestAwaited(t *testing.T) {
	if n, err := awaited(t.Context(), func() (int, error) { return 3, io.EOF }); n != 3 || err != io.EOF {
		t.Errorf("got %d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	never := make(chan int)
	defer close(never)
	_, err := awaited(ctx, func() (int, error) { cancel(); return <-never, nil })
	if !errors.As(err, new(*interruption)) {
		t.Errorf("got %v", err)
	}
}
