package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/report/live"
)

// serveAddress is where the page is unless --addr says otherwise.
const serveAddress = "127.0.0.1:7117"

func newServe() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "serve [RESULTS...]",
		Short: "Show results in a browser while a sweep runs",
		Long: `Serves the page of "hgbench report", which keeps itself up to date while a sweep
runs: its progress, and curves as they grow. It reads and never writes, serves
nothing but this page, and is reached from this machine alone unless --addr says
otherwise. Ctrl-C ends it. RESULTS are as for "hgbench table".`,
		Example:           "hgbench serve\nhgbench serve quick --addr 127.0.0.1:0",
		Args:              positional(cobra.ArbitraryArgs),
		ValidArgsFunction: completeResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			defer takeSignals(cmd)()
			host, port, err := net.SplitHostPort(addr)
			if err != nil {
				return misuse(cmd, "--addr %s: want HOST:PORT, as in %s", addr, serveAddress)
			}
			if host == "" { // which net takes for every network there is
				host = "127.0.0.1"
			}
			paths, err := chosenResults(cmd, args)
			if err != nil {
				return err
			}
			// A folder may be empty still, but what cannot be read never will be.
			for _, path := range paths {
				if !isDir(path) && !isFile(path) {
					return fmt.Errorf("no results in %s: want a folder that a sweep or run writes to, or a .jsonl file", path)
				}
			}
			listener, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp", net.JoinHostPort(host, port))
			if err != nil {
				return fmt.Errorf("%w; --addr 127.0.0.1:0 takes a free port", err)
			}
			at := listener.Addr().(*net.TCPAddr)
			if !at.IP.IsLoopback() {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning: whoever reaches this machine's network can read the results")
			}
			fmt.Fprintf(cmd.OutOrStdout(), "http://%s shows %s; Ctrl-C ends it\n", at, strings.Join(paths, ", "))
			return live.New(paths, sourceOf(paths)).Serve(cmd.Context(), listener)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", serveAddress, "`host:port` to listen on; port 0 is a free one")
	return cmd
}
