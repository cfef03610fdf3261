// Package atomicfile writes files that nobody ever finds half-written: not who
// reads them meanwhile, and not whoever looks after a crash.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes content the content of the file path. Whenever the machine stops,
// a regular file holds either all of what it held before, or all of content: that
// goes into a temporary file beside it, which is synced and renamed. Its
// permissions stay, those of a new file are 0644.
//
// A symbolic link stays one, and what it points to is written. What is neither a
// file nor a folder (a device, a pipe) is written to, as a shell would, since to
// replace it is to destroy it.
//
// Errors start with path as it was given.
func Write(path string, content []byte) error {
	return WriteFrom(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// WriteFrom is Write of what fill writes, for what is too large to be held twice.
func WriteFrom(path string, fill func(io.Writer) error) error {
	if err := write(path, fill); err != nil {
		return fmt.Errorf("%s: %w", path, reason(err))
	}
	return nil
}

func write(path string, fill func(io.Writer) error) error {
	if path == "" {
		return errors.New("want the name of a file")
	}
	permissions := fs.FileMode(0o644)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist): // and may be made
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("is a folder; want the name of a file")
	case !info.Mode().IsRegular():
		return writeTo(path, fill)
	default:
		permissions = info.Mode().Perm()
	}
	target, err := follow(path)
	if err != nil {
		return err
	}
	return replace(target, fill, permissions)
}

// writeTo writes to what is there and is no file.
func writeTo(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

// maxLinks is how many symbolic links may lead to a file, as Linux has it.
const maxLinks = 40

// follow is the path that a chain of symbolic links leads to, whether or not
// there is a file yet.
func follow(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil // an error is told by who writes there
		}
		next, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(next) {
			// Not cleaned: after a linked folder, .. is another one.
			next = filepath.Dir(path) + string(filepath.Separator) + next
		}
		path = next
	}
	return "", errors.New("too many symbolic links")
}

func replace(path string, fill func(io.Writer) error, permissions fs.FileMode) (err error) {
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s", folder)
	}
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close() // a second Close is harmless
			os.Remove(f.Name())
		}
	}()
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Chmod(permissions); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(folder)
}

// SyncFolder makes the names of new files in a folder last. Systems that cannot
// sync a folder (Windows) have nothing to do here.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// reason is an error without the paths in it, which may be of a temporary file.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
