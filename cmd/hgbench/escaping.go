package main

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// escaping writes text to a terminal, which control characters would tell to do
// things: these and what is no UTF-8 are written as \x1b. A character that comes
// in several writes is written with the last of them.
type escaping struct {
	to   io.Writer
	rest []byte // the start of a character
}

func (e *escaping) Write(b []byte) (int, error) {
	e.rest = append(e.rest, b...)
	var out []byte
	for len(e.rest) > 0 && utf8.FullRune(e.rest) {
		r, size := utf8.DecodeRune(e.rest)
		switch {
		case r == utf8.RuneError && size == 1, unicode.IsControl(r) && r != '\n' && r != '\t':
			for _, c := range e.rest[:size] {
				out = fmt.Appendf(out, `\x%02x`, c)
			}
		default:
			out = append(out, e.rest[:size]...)
		}
		e.rest = e.rest[size:]
	}
	if _, err := e.to.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}
