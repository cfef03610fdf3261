package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hgbench/results"
)

// warnChanged says when a corpus is not what it was for records of a store: its
// runs have other ids now, and the records stay what they are.
func warnChanged(cmd *cobra.Command, store *results.Store, corpus, sha256 string) {
	records, _, err := store.Read()
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "warning:", err)
		return
	}
	others := records.Where(func(r results.Record) bool {
		return r.Data.Name == corpus && r.Data.SHA256 != "" && r.Data.SHA256 != sha256
	})
	if len(others) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: corpus %s has changed: %d records have SHA-256 %.12s… in %s, now it is %.12s…; those records stay, and do not count as done\n",
			corpus, len(others), others[0].Data.SHA256, store.Path(), sha256)
	}
}
