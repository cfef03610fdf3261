//go:build !unix

package data

import "os"

// These are the plain twins of map_unix.go, for systems without its calls.

func mapFile(path string) ([]byte, error) { return os.ReadFile(path) }

func allocate(n int) ([]byte, error) { return make([]byte, n), nil }

func unmap([]byte) error { return nil }

func lock(*os.File) error { return nil }
