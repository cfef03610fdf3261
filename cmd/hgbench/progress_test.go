package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"

	"hgbench/bench"
)

func TestFormatDuration(t *testing.T) {
	for _, c := range []struct {
		seconds float64
		want    string
	}{
		{0, "0s"}, {0.4, "0s"}, {59.4, "59s"}, {59.6, "1m00s"}, {185, "3m05s"}, {3599.7, "1h00m"}, {7830, "2h10m"},
		{47.99 * 3600, "47h59m"}, {1e6, "12d"}, {1e30, "105684d"}, {math.Inf(1), "105684d"},
	} {
		if got := formatDuration(seconds(c.seconds)); got != c.want {
			t.Errorf("%v s: got %s, want %s", c.seconds, got, c.want)
		}
	}
}

func TestRunState(t *testing.T) {
	for _, c := range []struct {
		p    bench.Progress
		all  time.Duration
		want string
	}{
		{bench.Progress{Phase: bench.Preparing}, 0, "prepare"},
		{bench.Progress{Phase: bench.Training, Done: 1200, Total: 2590, TrainBPC: 2.814, TokensPerSecond: 14200, Remaining: 65 * time.Second}, 370 * time.Second,
			"train 1200/2590, 1m05s of 6m10s left, 2.81 BPC, 14.2 ktok/s"},
		{bench.Progress{Phase: bench.Testing, Done: 1, Total: 2, ValidBPC: 2.75, Remaining: time.Second}, 0, "test 1/2, 1s left, validation 2.750"},
	} {
		if got := runState(c.p, c.all); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	l := &lines{out: &out}
	l.begin("a")
	l.show(1, 10, "too soon")
	l.last = time.Now().Add(-2 * lineEvery)
	l.show(3, 10, "3 steps")
	l.last = time.Now().Add(-2 * lineEvery)
	l.show(3, 0, "3 bytes")
	l.note("note")
	l.end()
	if want := "a\na: 30%, 3 steps\na: 3 bytes\nnote\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// What nobody can type is not told.
func TestStoppingNote(t *testing.T) {
	for attended, want := range map[bool]string{
		true: "stopping after this step; Ctrl-C once more stops at once", false: "stopping after this step",
	} {
		if got := stoppingNote(attended); got != want {
			t.Errorf("attended %v: %q, want %q", attended, got, want)
		}
	}
	cmd := newRoot()
	cmd.SetErr(new(bytes.Buffer))
	cmd.SetIn(new(bytes.Buffer))
	if attended(cmd) {
		t.Error("a buffer is taken for a terminal")
	}
}

func TestBars(t *testing.T) {
	var out bytes.Buffer
	b := newBars(&out, mpb.ForceTTY(), mpb.WithWidth(120))
	b.note("first note")
	for _, title := range []string{"[1/2] a", "[2/2] " + strings.Repeat("long ", 20)} {
		b.begin(title)
		b.show(50, 100, "state of "+title[:5])
		b.show(60, 100, "too soon")
	}
	b.note("last note")
	b.end()
	b.note("after the end") // as a late signal would
	got := out.String()
	contains(t, got, "first note\n", "[1/2] a ", "━━━━━━━━━━──────────  state of [1/2]", "state of [2/2]", "long l…", "last note\n")
	if i := strings.LastIndex(got, "last note"); i >= 0 && strings.Contains(got[strings.LastIndex(got, "\x1b[J"):], "━") {
		t.Errorf("the bar stays on the screen: %q", got[i:])
	}
}
