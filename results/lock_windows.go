package results

import (
	"os"

	"golang.org/x/sys/windows"
)

// The locked byte lies far behind any record, since Windows would keep others
// from reading what is locked.
var lockedByte = windows.Overlapped{OffsetHigh: 1 << 30}

// lock waits for the file's exclusive lock, held until the file is closed.
func lock(f *os.File) error { return lockFile(f, windows.LOCKFILE_EXCLUSIVE_LOCK) }

// tryLock takes that lock at once, or returns ErrClaimed.
func tryLock(f *os.File) error {
	err := lockFile(f, windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY)
	if err == windows.ERROR_LOCK_VIOLATION {
		return ErrClaimed
	}
	return err
}

// lockShared waits until nobody writes; it too is held until the file is closed.
func lockShared(f *os.File) error { return lockFile(f, 0) }

func lockFile(f *os.File, flags uint32) error {
	at := lockedByte
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &at)
}
