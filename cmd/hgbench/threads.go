package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"hgbench/bench"
)

// threads is a number of threads, 0 for one a core, as a flag's value.
type threads int

func threadsFlag(cmd *cobra.Command, to *threads) {
	cmd.Flags().Var(to, "threads", "threads to compute on, 0 for one a core; they change the speed and never a result")
}

// Set implements pflag.Value.
func (t *threads) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > bench.MaxThreads {
		return fmt.Errorf("want a whole number up to %d, 0 for one thread a core", bench.MaxThreads)
	}
	*t = threads(n)
	return nil
}

// String implements pflag.Value.
func (t *threads) String() string { return strconv.Itoa(int(*t)) }

// Type implements pflag.Value.
func (t *threads) Type() string { return "N" }
