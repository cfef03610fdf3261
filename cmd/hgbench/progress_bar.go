package main

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bars is progress for a terminal: one bar at the bottom, notes above it.
type bars struct {
	container *mpb.Progress
	bar       *mpb.Bar
	redraw    chan any      // mpb draws when it receives, and else never
	ended     chan struct{} // closed at the end
	last      time.Time
	state     atomic.Pointer[string] // read by the goroutine that draws
}

const (
	redrawEvery = 100 * time.Millisecond
	titleWidth  = 48 // columns; what the state behind it says matters more
)

func newBars(out io.Writer, options ...mpb.ContainerOption) *bars {
	b := &bars{redraw: make(chan any), ended: make(chan struct{})}
	// Redrawn by a clock, mpb would lose a note that comes just before the end.
	options = append(options, mpb.WithOutput(out), mpb.WithManualRefresh(b.redraw))
	b.container = mpb.New(options...)
	return b
}

func (b *bars) begin(title string) {
	b.drop()
	b.last = time.Time{}
	b.state.Store(new(string))
	style := mpb.BarStyle().Lbound("").Filler("━").Tip("━").Padding("─").Rbound("")
	b.bar = b.container.New(0, style,
		mpb.BarWidth(20),
		mpb.PrependDecorators(decor.Name(runewidth.Truncate(title, titleWidth, "…")+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + *b.state.Load() })),
	)
	b.draw()
}

func (b *bars) show(done, total int64, state string) {
	if b.bar == nil || time.Since(b.last) < redrawEvery {
		return
	}
	b.last = time.Now()
	b.state.Store(&state)
	b.bar.SetTotal(total, false)
	b.bar.SetCurrent(done)
	b.draw()
}

// note is written above the bar; after the end there is nobody left to tell.
func (b *bars) note(line string) {
	if _, err := b.container.Write([]byte(line + "\n")); err == nil {
		b.draw()
	}
}

func (b *bars) end() {
	b.drop()
	b.draw()
	b.draw() // is received when the one before has been drawn
	close(b.ended)
	b.container.Wait()
}

func (b *bars) draw() {
	select {
	case b.redraw <- time.Now():
	case <-b.ended:
	}
}

func (b *bars) drop() {
	if b.bar != nil {
		b.bar.Abort(true)
		b.bar.Wait()
		b.bar = nil
	}
}
