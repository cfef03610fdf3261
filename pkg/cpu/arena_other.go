//go:build !unix

package cpu

import "unsafe"

// mapMemory returns zeroed memory aligned to a cache line.
func mapMemory(bytes int64) ([]byte, error) {
	if bytes == 0 {
		return nil, nil
	}
	m := make([]byte, bytes+64)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(m)))) & 63
	return m[skip : skip+int(bytes)], nil
}

func unmapMemory([]byte) error { return nil }
