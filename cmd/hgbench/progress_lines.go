package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// lines is progress for a log: a line for every piece of work, and one every
// few seconds.
type lines struct {
	mu    sync.Mutex // a signal's note may come at any time
	out   io.Writer
	title string
	last  time.Time
}

const lineEvery = 5 * time.Second

func (l *lines) begin(title string) {
	l.title, l.last = title, time.Now()
	l.note(title)
}

func (l *lines) show(done, total int64, state string) {
	if time.Since(l.last) < lineEvery {
		return
	}
	l.last = time.Now()
	if total > 0 {
		state = fmt.Sprintf("%d%%, %s", 100*done/total, state)
	}
	l.note(l.title + ": " + state)
}

func (l *lines) note(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, line)
}

func (l *lines) end() {}
