package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// A point of a sweep that runs beside others has a process of its own, so that
// its memory is measured alone: "hgbench point", which reads an assignment and
// writes messages, JSON both.

type assignment struct {
	Spec    bench.Spec    `json:"spec"`
	Options bench.Options `json:"options"`
}

// message is progress or a note, or at the end a record, an error or both.
type message struct {
	Progress *bench.Progress `json:"progress,omitempty"`
	Note     string          `json:"note,omitempty"`

	Ended   bool            `json:"ended,omitempty"`
	Record  *results.Record `json:"record,omitempty"`
	Error   string          `json:"error,omitempty"`
	Claimed bool            `json:"claimed,omitempty"` // by another process: the error wraps results.ErrClaimed
}

// newPoint is the process of a point.
func newPoint() *cobra.Command {
	return &cobra.Command{
		Use:     "point",
		Short:   "Run one point of a sweep for a process that runs several",
		Example: "hgbench point",
		Hidden:  true,
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer takeSignals(cmd)()
			var a assignment
			if err := json.NewDecoder(cmd.InOrStdin()).Decode(&a); err != nil {
				return fmt.Errorf("assignment: %w", err)
			}
			// Whoever waits for the messages holds the other end of stdin: when it
			// is closed, or they are killed, this ends as after Ctrl-C.
			ctx, stop := context.WithCancel(cmd.Context())
			defer stop()
			signal.Ignore(syscall.SIGPIPE)
			go func() {
				_, _ = io.Copy(io.Discard, cmd.InOrStdin())
				stop()
			}()
			return runPoint(ctx, a, cmd.OutOrStdout())
		},
	}
}

// runPoint runs a point and reports.
func runPoint(ctx context.Context, a assignment, out io.Writer) error {
	var mu sync.Mutex // notes come from any goroutine
	var failed error
	e := json.NewEncoder(out)
	send := func(m message) {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = e.Encode(m)
		}
	}
	a.Options.Progress = func(p bench.Progress) { send(message{Progress: &p}) }
	a.Options.Note = func(note string) { send(message{Note: note}) }
	record, err := bench.Run(ctx, a.Spec, a.Options)
	end := message{Ended: true, Record: &record}
	if err != nil {
		end.Error, end.Claimed = err.Error(), errors.Is(err, results.ErrClaimed)
	}
	send(end)
	mu.Lock()
	defer mu.Unlock()
	return failed
}

// startPoint runs a point in a process of its own until it ends, or ctx does.
func startPoint(ctx context.Context, a assignment) (results.Record, error) {
	self, err := os.Executable()
	if err != nil {
		return results.Record{}, fmt.Errorf("start a point: %w", err)
	}
	cmd := exec.Command(self, "point")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return results.Record{}, fmt.Errorf("start a point: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return results.Record{}, fmt.Errorf("start a point: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return results.Record{}, fmt.Errorf("start a point: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { in.Close() })
	defer stop()
	// A process that ends at once does not read; what it says tells why.
	_ = json.NewEncoder(in).Encode(a)
	end, err := follow(out, a.Options)
	in.Close()
	died := cmd.Wait()
	switch {
	case err != nil && died != nil:
		return results.Record{}, fmt.Errorf("the process of this point ended without a result: %w; out of memory?", died)
	case err != nil:
		return results.Record{}, fmt.Errorf("the process of this point: %w", err)
	case end.Claimed:
		return *end.Record, claimedError(end.Error)
	case end.Error != "":
		return *end.Record, errors.New(end.Error)
	}
	return *end.Record, nil
}

// follow passes on what a point reports, until it reports its end.
func follow(out io.Reader, o bench.Options) (message, error) {
	for in := json.NewDecoder(out); ; {
		var r message
		if err := in.Decode(&r); err != nil {
			return r, err
		}
		switch {
		case r.Ended && r.Record != nil:
			return r, nil
		case r.Progress != nil:
			o.Progress(*r.Progress)
		case r.Note != "":
			o.Note(r.Note)
		}
	}
}

// claimedError is an error of another process that wraps results.ErrClaimed.
type claimedError string

func (e claimedError) Error() string { return string(e) }
func (e claimedError) Unwrap() error { return results.ErrClaimed }
