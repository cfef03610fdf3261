package results

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write makes path a file of these records, one a line, in place of whatever it
// held: whenever the machine stops, path holds either all of the old file or
// all of the new one. Errors about records are those of Store.Append.
func Write(path string, records Records) error {
	var all bytes.Buffer
	for _, r := range records {
		line, err := encode(r)
		if err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		all.Write(line)
	}
	if err := replace(path, all.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func replace(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close() // a second Close is harmless
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil && !errors.Is(err, errors.ErrUnsupported) {
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
	return syncDir(filepath.Dir(path))
}
