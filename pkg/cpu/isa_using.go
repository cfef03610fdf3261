package cpu

import (
	"fmt"
	"slices"
)

// Using calls f while float32 kernels are those of another instruction set, so
// that one process can compare them. Programs must be compiled, loaded and run
// inside f, and nothing else of the process may compute meanwhile.
func Using(isa ISA, f func() error) error {
	if !slices.Contains(supported, isa) {
		return fmt.Errorf("instruction set %v: this machine and build have %v", isa, supported)
	}
	inUse := kernels32
	defer func() { kernels32 = inUse }()
	kernels32 = kernelsOf(isa)
	return f()
}
