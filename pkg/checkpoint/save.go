package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/nlpodyssey/safetensors"
)

// Save writes a file so that, whenever the machine stops, path holds either
// what it held before or all of f: into a temporary file beside it, synced,
// renamed, and the folder synced. A checksum goes into the metadata, which Load
// verifies.
//
// A process that is killed leaves its temporary file, ".NAME.*" for path NAME.
func Save(path string, f *File) error {
	if err := save(path, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func save(path string, f *File) (err error) {
	views := make(map[string]view, len(f.Tensors))
	for name, t := range f.Tensors {
		if err := t.check(name); err != nil {
			return err
		}
		views[name] = view{t}
	}
	folder := filepath.Dir(path)
	temp, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*")
	if err != nil {
		return unwrapPath(err)
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
	metadata := maps.Clone(f.Metadata)
	if metadata == nil {
		metadata = make(map[string]string)
	}
	metadata[sumKey] = sumOf(f).String()
	if err := write(temp, views, metadata); err != nil {
		return unwrapPath(err)
	}
	if err := temp.Chmod(0o644); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return unwrapPath(err)
	}
	if err := temp.Sync(); err != nil {
		return unwrapPath(err)
	}
	if err := temp.Close(); err != nil {
		return unwrapPath(err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("rename: %w", errors.Unwrap(err))
	}
	syncFolder(folder)
	return nil
}

func write(w io.Writer, views map[string]view, metadata map[string]string) error {
	buffered := bufio.NewWriterSize(w, 1<<20)
	if err := safetensors.SerializeToWriter(views, metadata, buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// syncFolder makes a rename last. Not every system can sync a folder, and the
// file itself is safe by then, so it is no error when it fails.
func syncFolder(path string) {
	if folder, err := os.Open(path); err == nil {
		folder.Sync()
		folder.Close()
	}
}

// unwrapPath drops the path from an error that gets it again, or names a
// temporary file.
func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}
