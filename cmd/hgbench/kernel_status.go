package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hgbench/notebooks/kernel"
)

func newKernelStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Tell whether the kernel is installed, and what is missing",
		Example: "hgbench kernel status\nhgbench kernel status --json",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := kernel.CurrentStatus(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, s)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "Go\t%s\n", orMissing(s.Tools.Go))
			fmt.Fprintf(w, "C compiler\t%s\n", orMissing(s.Tools.Compiler))
			fmt.Fprintf(w, "jupyter\t%s\n", orMissing(s.Tools.Jupyter))
			fmt.Fprintf(w, "kernel\t%s\n", installation(s))
			if s.Ours {
				fmt.Fprintf(w, "\tregistered in %s\n", s.Folder)
				fmt.Fprintf(w, "\tprogram %s\n", s.Binary)
				fmt.Fprintf(w, "\tbuilt by %s from %s\n", s.Go, s.Source)
				fmt.Fprintf(w, "imports\t%s\n", strings.Join(kernel.Packages(), "\n\t"))
			}
			return w.Flush()
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func orMissing(what string) string {
	if what == "" {
		return "not found"
	}
	return what
}

// installation says in a line whether the kernel can be used.
func installation(s kernel.Status) string {
	switch {
	case !s.Found:
		return `not installed: "hgbench kernel install" does it`
	case !s.Ours:
		return s.Folder + ` is of another installation: "hgbench kernel install --force" replaces it`
	case s.Fault != "":
		return "installed, but " + s.Fault + `: "hgbench kernel install" builds it anew`
	}
	return "installed"
}
