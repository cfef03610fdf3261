package results

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrClaimed is why Claim fails when another process has what it asks for.
var ErrClaimed = errors.New("another process is at it")

// Claim takes the file path, made if need be, for this process: nobody else can
// claim it until the Closer is closed or the process ends, in whatever way.
func Claim(path string) (io.Closer, error) { return openLocked(path, tryLock) }

// openLocked opens a file, creating it if need be, and takes its lock, which is
// held until the file is closed.
func openLocked(path string, lock func(*os.File) error) (*os.File, error) {
	for {
		// No O_APPEND: on Windows such a file cannot be truncated. The lock
		// makes writing at the end as safe.
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		if err := lock(f); errors.Is(err, ErrClaimed) {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
		} else if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s (results need a file system with locks): %w", path, err)
		}
		// While we waited, somebody may have replaced or removed the file.
		mine, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(mine, now) {
			return f, nil
		}
		f.Close()
	}
}
