package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2   // unknown command or flag, wrong arguments
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// usageError is a mistake in how the command line is written.
type usageError struct {
	command string // path of the command, whose help tells more
	err     error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%v; see %s --help", e.err, e.command)
}

func (e *usageError) Unwrap() error { return e.err }

// misuse makes a usageError of what is wrong with how cmd is used.
func misuse(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd.CommandPath(), fmt.Errorf(format, args...)}
}

// interruption is an orderly end after a signal.
type interruption struct{ goOn string } // goOn says how to go on

func (e *interruption) Error() string { return "interrupted: " + e.goOn }

// stoppedBy tells an orderly end after a signal from any other error.
func stoppedBy(cmd *cobra.Command, err error, goOn string) error {
	ctx := cmd.Context()
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return &interruption{goOn}
	}
	return err
}

var longQuote = regexp.MustCompile(`("(?:[^"\\]|\\.){100})(?:[^"\\]|\\.){60,}"`)

// shortQuotes cuts what an error quotes to what a reader needs to find it: a
// value of a thousand characters would hide what is wrong with it.
func shortQuotes(line string) string { return longQuote.ReplaceAllString(line, `$1…"`) }

// exitStatus reports err, one line for each thing that is wrong, and returns
// the status to exit with.
func exitStatus(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	for line := range strings.Lines(strings.TrimRight(err.Error(), "\n")) {
		fmt.Fprintf(stderr, "hgbench: %s\n", shortQuotes(strings.TrimRight(line, "\n")))
	}
	var usage *usageError
	var interrupted *interruption
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &interrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}
