package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hgbench/pkg/data"
	"hgbench/results"
)

func newData() *cobra.Command {
	var asJSON bool
	stats := true
	cmd := &cobra.Command{
		Use:   "data [CORPUS...]",
		Short: "List the known corpora or describe some, and where they are",
		Long: `Lists the corpora that have a name, or those that are named: where they are, size,
hash, and splits. Any other file of text is named by its path, CIFAR-10 as
cifar10:PATH.

Also says how predictable each corpus that is here is without a neural network:
bits a byte of the validation split under n-gram models of order 0 to 3 that were
counted on the training split, and under gzip. A model above order 3 has learnt
little. --stats=false leaves it out.`,
		Example: "hgbench data\nhgbench data enwik7 --json\nhgbench data --stats=false\nhgbench data get enwik8",
		Args:    positional(cobra.ArbitraryArgs),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return corpusNames(), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := corpora(cmd, args, stats)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, list)
			}
			for i, c := range list {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := c.print(cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&stats, "stats", true, "measure n-gram entropies and gzip (some seconds for a large corpus)")
	jsonFlag(cmd, &asJSON)
	cmd.AddCommand(newDataGet())
	return cmd
}

// corpus is what there is to tell of one.
type corpus struct {
	data.Info
	Stats *data.Stats `json:"stats,omitempty"`
}

// corpora describes those that are named, or else all that have a name.
func corpora(cmd *cobra.Command, names []string, stats bool) (list []corpus, err error) {
	known := data.List()
	if len(names) == 0 {
		for _, info := range known {
			c := corpus{Info: info}
			if stats && info.Path != "" {
				if c, err = describe(cmd, info.Name, info, stats); err != nil {
					return nil, err
				}
			}
			list = append(list, c)
		}
		return list, nil
	}
	for _, name := range names {
		var info data.Info
		if i := slices.IndexFunc(known, func(info data.Info) bool { return info.Name == name }); i >= 0 {
			info = known[i]
		}
		c, err := describe(cmd, name, info, stats)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// describe opens a corpus, of which info is known unless it has no name.
func describe(cmd *cobra.Command, name string, info data.Info, stats bool) (corpus, error) {
	c, err := data.Open(cmd.Context(), name)
	if err != nil {
		return corpus{}, err
	}
	defer c.Close()
	found := corpus{Info: info}
	if info.Name == "" {
		found.Info = data.Info{
			Name: name, About: "a corpus of " + string(c.Unit) + "s", Path: c.Path, Size: int64(len(c.Train) + len(c.Valid) + len(c.Test)),
			SHA256: c.SHA256, Train: int64(len(c.Train)), Valid: int64(len(c.Valid)), Test: int64(len(c.Test)),
		}
	}
	if stats {
		s := data.Describe(c)
		found.Stats = &s
	}
	return found, nil
}

func (c corpus) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\n", c.Name, c.About)
	if c.Path != "" {
		fmt.Fprintf(w, "\tat\t%s\n", c.Path)
	}
	if c.Note != "" {
		fmt.Fprintf(w, "\tnote\t%s\n", c.Note)
	}
	fmt.Fprintf(w, "\tsize\t%d bytes\n", c.Size)
	fmt.Fprintf(w, "\tsplit\t%d training, %d validation, %d test\n", c.Train, c.Valid, c.Test)
	fmt.Fprintf(w, "\tSHA-256\t%s\n", c.SHA256)
	if s := c.Stats; s != nil {
		fmt.Fprintf(w, "\talphabet\t%d different bytes\n", s.Alphabet)
		for order, bits := range s.Orders {
			fmt.Fprintf(w, "\torder %d\t%.3f bits a byte, held out\n", order, bits)
		}
		fmt.Fprintf(w, "\tgzip -9\t%.3f bits a byte\n", s.Gzip)
	}
	return w.Flush()
}

func newDataGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get NAME",
		Short: "Download a corpus, verified by its hash",
		Long: `Downloads a corpus into $HGBENCH_CACHE, or else hgbench in your cache folder. A
download that was cut off goes on where it stopped; nothing is visible under the
corpus's name until its SHA-256 is right. HGBENCH_DATA_URL names a mirror: the URL
of a folder with NAME.zip.`,
		Example: "hgbench data get enwik8",
		Args:    positional(exactly(1)),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return corpusNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			defer takeSignals(cmd)()
			name := args[0]
			p := newProgress(cmd)
			p.begin(name)
			err := data.Get(cmd.Context(), name, "", func(done, total int64) {
				p.show(done, total, transferred(done, total))
			})
			p.end()
			if err != nil {
				return stoppedBy(cmd, err, "the same command goes on where this stopped")
			}
			c, err := data.Open(cmd.Context(), name)
			if err != nil {
				return err
			}
			defer c.Close()
			fmt.Fprintln(cmd.OutOrStdout(), c.Path)
			return nil
		},
	}
}

func transferred(done, total int64) string {
	if total <= 0 {
		return results.FormatBytes(done)
	}
	return results.FormatBytes(done) + " of " + results.FormatBytes(total)
}
