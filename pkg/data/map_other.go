//go:build !unix

package data

import "os"

// These are the plain twins of map_unix.go, for systems without its calls.

func mapFile(path string) ([]byte, *os.File, error) {
	data, err := os.ReadFile(path)
	return data, nil, err
}

func allocate(n int) ([]byte, error) { return make([]byte, n), nil }

func unmap([]byte) error { return nil }

func lock(*os.File) error { return nil }
