package bench

import "golang.org/x/sys/unix"

// LoadAverage is how many threads of all processes were running or about to,
// on average over the last minute; 0 where the system does not tell.
func LoadAverage() float64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return float64(info.Loads[0]) / (1 << 16) // SI_LOAD_SHIFT
}
