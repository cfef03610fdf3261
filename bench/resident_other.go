//go:build !linux

package bench

// No portable way to ask for resident memory: records say 0, which tables show
// as unknown.
func resetPeak() {}

func residentBytes() (now, peak int64) { return 0, 0 }

// AvailableMemory is unknown.
func AvailableMemory() int64 { return 0 }
