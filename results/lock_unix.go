//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package results

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock waits for the file's exclusive lock, held until the file is closed.
func lock(f *os.File) error { return flock(f, unix.LOCK_EX) }

// tryLock takes that lock at once, or returns ErrClaimed.
func tryLock(f *os.File) error {
	if err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err != unix.EWOULDBLOCK {
		return err
	}
	return ErrClaimed
}

// lockShared waits until nobody writes; it too is held until the file is closed.
func lockShared(f *os.File) error { return flock(f, unix.LOCK_SH) }

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if err != unix.EINTR {
			return err
		}
	}
}
