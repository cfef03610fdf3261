//go:build unix

package data

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps a file of at least one byte into memory, read-only. Its pages are the system's file cache, shared with other
// runs over the same corpus, and stay out of the Go heap, whose collector would otherwise
// double them. The file must not be shortened while it is mapped; it stays open, so that one can see whether it is written to.
func mapFile(path string) (data []byte, f *os.File, err error) {
	f, err = os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() != int64(int(info.Size())) {
		return nil, nil, fmt.Errorf("map %s: its %d bytes do not fit this machine's address space", path, info.Size())
	}
	data, err = unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("map %s: %w", path, err)
	}
	return data, f, nil
}

// allocate returns n zero bytes outside the Go heap.
func allocate(n int) ([]byte, error) {
	data, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("allocate %d bytes: %w", n, err)
	}
	return data, nil
}

// unmap gives back what mapFile or allocate returned.
func unmap(data []byte) error { return unix.Munmap(data) }

// lock takes hold of an open file for this process; it is freed when the file is closed.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return fmt.Errorf("%s is being written by another process: wait for it, or stop it", f.Name())
	}
	return nil // file systems without locks work too, only without this protection
}
