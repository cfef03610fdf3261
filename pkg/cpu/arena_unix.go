//go:build unix

package cpu

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mapMemory returns zeroed memory outside the Go heap: the collector never
// scans it, it starts on a page, and pages that are not touched cost nothing.
func mapMemory(bytes int64) ([]byte, error) {
	if bytes == 0 {
		return nil, nil
	}
	m, err := unix.Mmap(-1, 0, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", bytes, err)
	}
	adviseHuge(m)
	return m, nil
}

func unmapMemory(m []byte) error {
	if m == nil {
		return nil
	}
	return unix.Munmap(m)
}
