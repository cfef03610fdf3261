package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/pkg/data"
	"hgbench/results"
	"hgbench/sweeps"
)

// complete has the shell complete a flag of cmd.
func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // the flag does not exist, or has one already
	}
}

// fileFlag has the shell complete a flag with files of these extensions.
func fileFlag(cmd *cobra.Command, flag string, extensions ...string) {
	if err := cmd.MarkFlagFilename(flag, extensions...); err != nil {
		panic(err) // the flag does not exist
	}
}

// outFlag adds --out, the results folder, which the shell completes.
func outFlag(cmd *cobra.Command, to *string, usage string) {
	cmd.Flags().StringVar(to, "out", "", usage)
	if err := cmd.MarkFlagDirname("out"); err != nil {
		panic(err) // the flag does not exist
	}
}

// completeAssignments completes KEY=VALUE: the key, and then the value where it
// is a word.
func completeAssignments(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var assignments []string
	if key, _, ok := strings.Cut(typed, "="); ok {
		words := bench.SpecWords(key)
		if key == "data" {
			for _, info := range data.List() {
				words = append(words, info.Name)
			}
		}
		for _, word := range words {
			assignments = append(assignments, key+"="+word)
		}
		return assignments, cobra.ShellCompDirectiveNoFileComp
	}
	keys, _ := bench.SpecKeys()
	for _, key := range keys {
		assignments = append(assignments, key+"=")
	}
	return assignments, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeSweeps completes the name of a sweep, or else a file's.
func completeSweeps(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, s := range sweeps.List() {
		names = append(names, cobra.CompletionWithDesc(s.Name, s.Description))
	}
	return names, cobra.ShellCompDirectiveDefault
}

// completeResults completes the names of results, or else any file.
func completeResults(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names, completions []string
	for _, root := range []string{resultsRoot, recordedRoot} {
		for _, folder := range resultsFolders(root) {
			if name, ok := inRoot(root, folder); ok && !slices.Contains(names, name) && !slices.Contains(args, name) {
				names = append(names, name)
				completions = append(completions, cobra.CompletionWithDesc(name, folder))
			}
		}
	}
	return completions, cobra.ShellCompDirectiveDefault
}

// completeIDs completes ids of recorded runs.
func completeIDs(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	for _, folder := range resultsFolders(resultsRoot) {
		records, _, err := results.Read(folder)
		if err != nil {
			continue
		}
		labels := records.Labels()
		for i, r := range records {
			if !slices.Contains(args, r.ID) {
				ids = append(ids, cobra.CompletionWithDesc(r.ID, labels[i]))
			}
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func corpusNames() []string {
	var names []string
	for _, info := range data.List() {
		names = append(names, cobra.CompletionWithDesc(info.Name, info.About))
	}
	return names
}
