package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hgbench/results"
)

const (
	// resultsRoot is the folder of results folders, in the current folder.
	resultsRoot = "hgbench-results"

	// recordedRoot has the results that came with the source.
	recordedRoot = "results/recorded"
)

// resultsPath finds results by path, or by the name of a folder of the first
// root that has it with records, or else at all.
func resultsPath(name string, roots ...string) string {
	if _, err := os.Stat(name); err == nil || !filepath.IsLocal(name) {
		return name
	}
	found := name
	for _, root := range slices.Backward(roots) {
		folder := filepath.Join(root, name)
		if isFile(filepath.Join(folder, results.FileName)) || found == name && isDir(folder) {
			found = folder
		}
	}
	return found
}

// inRoot is a path as seen from the root that it is in; ok is false if it is not.
func inRoot(root, path string) (name string, ok bool) {
	name, err := filepath.Rel(root, path)
	return name, err == nil && filepath.IsLocal(name)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// resultsFolder is the folder of results given by folder or by .jsonl file.
func resultsFolder(path string) string {
	if isDir(path) {
		return path
	}
	return filepath.Dir(path)
}

// derivedFolder is where figures and reports of results go: beside the records,
// or, if only a name led to those that came with the source, to the folder of
// that name among one's own, so that the source stays as it is.
func derivedFolder(args, paths []string) string {
	if name, ok := inRoot(recordedRoot, paths[0]); ok && len(args) > 0 && args[0] != paths[0] {
		return filepath.Join(resultsRoot, name)
	}
	return resultsFolder(paths[0])
}

// openResults makes ready a results folder, now and not after an hour of
// training: the store, and the folder for weights.
func openResults(dir string) (store *results.Store, weights string, err error) {
	if store, err = results.Open(dir); err != nil {
		return nil, "", err
	}
	weights = weightsFolder(dir)
	if err := os.MkdirAll(weights, 0o755); err != nil {
		return nil, "", fmt.Errorf("folder for weights: %w", err)
	}
	return store, weights, nil
}

// resultsFolders are the folders in root that hold records, the one written
// last first.
func resultsFolders(root string) []string { return foldersWith(root, results.FileName) }

// foldersWith are the folders in root that hold a file of one of these names,
// the one whose file was written last first.
func foldersWith(root string, names ...string) []string {
	var folders []string
	written := make(map[string]time.Time)
	// What cannot be read has no results to offer.
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !slices.Contains(names, entry.Name()) {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			folder := filepath.Dir(path)
			if !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
			if info.ModTime().After(written[folder]) {
				written[folder] = info.ModTime()
			}
		}
		return nil
	})
	slices.SortStableFunc(folders, func(a, b string) int { return written[b].Compare(written[a]) })
	return folders
}

// chosenResults are the paths of the results that arguments name; without any,
// the folder written last.
func chosenResults(cmd *cobra.Command, args []string) ([]string, error) {
	if len(args) == 0 {
		folders := resultsFolders(resultsRoot)
		if len(folders) == 0 {
			return nil, fmt.Errorf("no results in ./%s: run \"hgbench sweep\", or name a folder or .jsonl file", resultsRoot)
		}
		fmt.Fprintln(cmd.ErrOrStderr(), "results in "+folders[0])
		return folders[:1], nil
	}
	paths := make([]string, len(args))
	for i, arg := range args {
		path := resultsPath(arg, resultsRoot, recordedRoot)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, noResults(cmd, arg)
		}
		if _, came := inRoot(recordedRoot, path); came && path != arg {
			fmt.Fprintf(cmd.ErrOrStderr(), "results in %s, which came with the source\n", path)
		}
		paths[i] = path
	}
	return paths, nil
}

// noResults says what there is where the results of that name are not.
func noResults(cmd *cobra.Command, name string) error {
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return fmt.Errorf("no results named %s; did you mean \"%s %s\"?", name, cmd.CommandPath(), near[0])
	}
	var there []string
	for _, root := range []string{resultsRoot, recordedRoot} {
		var names []string
		for _, folder := range resultsFolders(root) {
			if name, ok := inRoot(root, folder); ok {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			there = append(there, fmt.Sprintf("%s in ./%s", strings.Join(names, ", "), root))
		}
	}
	if len(there) == 0 {
		there = []string{fmt.Sprintf("none in ./%s", resultsRoot)}
	}
	return fmt.Errorf("no results named %s: want the path of a folder or .jsonl file, or a name; there are %s", name, strings.Join(there, "; "))
}

// readResults reads records, with warnings to stderr.
func readResults(cmd *cobra.Command, paths ...string) (results.Records, error) {
	records, warnings, err := results.Read(paths...)
	for _, w := range warnings {
		fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
	}
	return records, err
}

// recordsOf reads the results that arguments name, and says where they are.
func recordsOf(cmd *cobra.Command, args []string) (records results.Records, paths []string, err error) {
	if paths, err = chosenResults(cmd, args); err != nil {
		return nil, nil, err
	}
	records, err = readResults(cmd, paths...)
	return records, paths, err
}

// findRecord finds a record by its id, or the start of one, and the folder it
// is in: in out, or where out is empty in every folder there is.
func findRecord(cmd *cobra.Command, id, out string) (results.Record, string, error) {
	if id == "" {
		return results.Record{}, "", errors.New("--id is empty: want the id of a run, or its first digits; \"hgbench export\" lists ids")
	}
	folders := []string{resultsPath(out, resultsRoot, recordedRoot)}
	if out == "" {
		folders = append(resultsFolders(resultsRoot), resultsFolders(recordedRoot)...)
		if len(folders) == 0 {
			return results.Record{}, "", fmt.Errorf("id %s: no results in ./%s; want --out with the folder that holds its record", id, resultsRoot)
		}
	}
	found, err := recordsWithID(cmd, id, folders)
	if err != nil {
		return results.Record{}, "", err
	}
	switch {
	case len(found) == 0:
		return results.Record{}, "", fmt.Errorf("id %s: no record has it in %s; \"hgbench export\" lists ids", id, strings.Join(folders, ", "))
	case len(found) > 1:
		return results.Record{}, "", fmt.Errorf("id %s is that of %d runs: %s; want more of its digits", id, len(found), foundNames(found))
	}
	return found[0].record, found[0].folder, nil
}

// foundRecord is a record and the folder it is in.
type foundRecord struct {
	record results.Record
	folder string
}

// recordsWithID are the records whose ids start so, or the one that has the
// whole id. Of one id the first that is done counts, or else the first. One of
// several folders that cannot be read is told and passed over.
func recordsWithID(cmd *cobra.Command, id string, folders []string) (found []foundRecord, err error) {
	at := make(map[string]int)
	for _, folder := range folders {
		records, err := readResults(cmd, folder)
		switch {
		case err != nil && len(folders) == 1:
			return nil, err
		case err != nil:
			fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s is left out: %v\n", folder, err)
			continue
		}
		for _, r := range records {
			i, known := at[r.ID]
			switch {
			case !strings.HasPrefix(r.ID, id):
			case !known:
				at[r.ID] = len(found)
				found = append(found, foundRecord{r, folder})
			case found[i].record.Status != results.Done:
				found[i] = foundRecord{r, folder}
			}
		}
	}
	if i, whole := at[id]; whole {
		return found[i : i+1], nil
	}
	return found, nil
}

// foundNames lists the first few ids and where they are.
func foundNames(found []foundRecord) string {
	const few = 4
	var names []string
	for _, f := range found[:min(few, len(found))] {
		names = append(names, f.record.ID+" in "+f.folder)
	}
	if more := len(found) - few; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
