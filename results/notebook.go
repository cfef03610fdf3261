package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bundle is what Jupyter shows of a value, by MIME type. It is the display.Data
// of gophernotes, the Go kernel, without depending on it.
type Bundle = struct {
	Data      map[string]any
	Metadata  map[string]any
	Transient map[string]any
}

// Render is how a notebook shows records: the table, as HTML where there is a
// browser and as text elsewhere. A cell that ends in records shows them; from the
// middle of one, or out of a loop,
//
//	Display(records.Render())
func (rs Records) Render() Bundle {
	return Bundle{Data: map[string]any{"text/html": rs.HTML(), "text/plain": rs.Table()}}
}

// With adds records. As in Read, a later one replaces an earlier one of the same
// id: two sweeps may share points.
func (rs Records) With(more Records) Records { return slices.Concat(rs, more).latest() }

// Must is for notebooks and examples, where an error should end the cell: it
// returns the records, and panics if there is an error.
//
//	records := results.Must(results.Load("../results/recorded/quick"))
func Must(records Records, err error) Records {
	if err != nil {
		panic(err)
	}
	return records
}

// LoadFirst is Load of the first of the folders or files that exists: of the
// committed results of a sweep, say, and else of one's own. It says so on
// standard error when that is not the first, in one line, and errs when there is
// none of them.
//
//	results.LoadFirst("../results/recorded/quick", "../hgbench-results/quick")
func LoadFirst(paths ...string) (Records, error) {
	for i, path := range paths {
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if i > 0 {
			fmt.Fprintf(os.Stderr, "no results in %s: these are from %s\n", strings.Join(paths[:i], ", "), path)
		}
		return Load(path)
	}
	if len(paths) == 0 {
		return Load()
	}
	return nil, fmt.Errorf(`no results in %s: "hgbench sweep %s" makes some`, strings.Join(paths, " or "), filepath.Base(paths[0]))
}
