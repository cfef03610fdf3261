package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/pkg/cpu"
)

// execute runs one command line and returns its exit status: results go to
// stdout, progress and errors to stderr.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	out := &output{to: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	mendCompletion(root) // which writes to what is standard output now
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil && out.err != nil {
		err = fmt.Errorf("standard output: %w", out.err)
	}
	return exitStatus(unknownCommand(cmd, err), stderr)
}

func newRoot() *cobra.Command {
	cobra.EnableCommandSorting = false // what one uses first comes first
	root := &cobra.Command{
		Use:   "hgbench",
		Short: "Which autoregressive Transformer predicts best for its compute and memory?",
		Long: `hgbench trains Hourglass (Nawrot et al. 2021, arXiv 2110.13711) and its baselines
on the same data with one engine, and shows bits per character (BPC) against
compute and memory.

Start with "hgbench sweep".`,
		Example:       "hgbench sweep\nhgbench plan quick\nhgbench table",
		Version:       "of the template",
		SilenceErrors: true,
		SilenceUsage:  true,
		// A wrong HGBENCH_ISA must not run, unnoticed, on another one.
		PersistentPreRunE: func(*cobra.Command, []string) error { return cpu.CheckISA() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{cmd.CommandPath(), flagMistake(err)}
	})
	root.SetHelpCommandGroupID("else")
	root.SetCompletionCommandGroupID("else")
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"experiments", "Experiments:", []*cobra.Command{newSweep(), newRun(), newPlan(), newMeasure(), newCheck()}},
		{"models", "Trained models:", []*cobra.Command{newEval(), newSample(), newDump()}},
		{"results", "Results:", []*cobra.Command{newTable(), newStatus(), newPlot(), newReport(), newServe(), newCompare(), newExport(), newResults()}},
		{"else", "This installation:", []*cobra.Command{newVerify(), newData(), newKernel(), newEnv(), newVersion()}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, cmd := range group.commands {
			cmd.GroupID = group.id
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(newPoint(), newTask())
	// A function, since the versions may take asking git.
	cobra.AddTemplateFunc("versions", func() string { return versionLine(bench.CurrentVersions()) })
	root.SetVersionTemplate("{{.Name}} {{versions}}\n")
	mendHelp(root)
	indentExamples(root)
	return root
}

// mendHelp makes "help" err on what is no command, where cobra's has status 0.
func mendHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	show := help.Run
	help.Run = nil
	help.RunE = func(cmd *cobra.Command, args []string) error {
		if _, _, err := root.Find(args); err != nil {
			return unknownCommand(root, err)
		}
		show(cmd, args)
		return nil
	}
}

// mendCompletion makes "completion" err on a shell that it does not know.
func mendCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, _ := root.Find([]string{"completion"})
	completion.Args = positional(func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var shells []string
		for _, c := range cmd.Commands() {
			shells = append(shells, c.Name())
		}
		return fmt.Errorf("unknown shell %q: want one of %s", args[0], strings.Join(shells, ", "))
	})
	completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// indentExamples sets examples in as far as the rest of a help text.
func indentExamples(cmd *cobra.Command) {
	cmd.Example = "  " + strings.ReplaceAll(cmd.Example, "\n", "\n  ")
	for _, c := range cmd.Commands() {
		indentExamples(c)
	}
}

// unknownCommand makes a usageError of cobra's error for a command that does
// not exist, which is the only error that root itself gives.
func unknownCommand(cmd *cobra.Command, err error) error {
	var usage *usageError
	if err == nil || cmd == nil || cmd.HasParent() || errors.As(err, &usage) {
		return err
	}
	message, suggestions, _ := strings.Cut(err.Error(), "\n")
	message = strings.TrimSuffix(message, ` for "hgbench"`)
	if _, names, ok := strings.Cut(suggestions, "?"); ok {
		message += "; did you mean " + strings.Join(strings.Fields(names), " or ") + "?"
	}
	return &usageError{cmd.CommandPath(), errors.New(message)}
}
