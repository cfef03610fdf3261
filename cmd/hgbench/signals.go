package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// takeSignals makes the first SIGINT or SIGTERM end the context of a command
// that can then come to an orderly end; the next one kills. The function that it
// returns gives them back. All other commands leave signals alone: the first one
// ends them at once, as they have nothing to put in order.
func takeSignals(cmd *cobra.Command) func() {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	cmd.SetContext(ctx)
	return stop
}
