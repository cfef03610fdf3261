package cpu

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// KernelVersion names the order of every sum that the kernels make: with the
// same instruction set and the same version, a program gives the same bits on
// every machine. It changes whenever a kernel's rounding does.
const KernelVersion = 2

// ISA is an instruction set that the kernels are written for.
type ISA uint8

// Instruction sets, from the one that runs everywhere to the fastest.
// AVX-512 means the F, VL, DQ and BW subsets, and AVX2 comes with FMA.
const (
	Portable ISA = iota
	AVX2
	AVX512
)

func (i ISA) String() string { return [...]string{"portable", "avx2", "avx512"}[i] }

// isaVariable is the environment variable that forces an instruction set.
const isaVariable = "HGBENCH_ISA"

// Supported returns the instruction sets of this machine and build, Portable
// first and the fastest last.
func Supported() []ISA { return slices.Clone(supported) }

// Current returns the instruction set in use: the fastest supported one, or
// the one that the environment variable HGBENCH_ISA names.
func Current() ISA { return kernels32.isa }

// CheckISA returns an error when HGBENCH_ISA names an instruction set that
// does not exist or that this machine or build does not have. Kernels run on
// the fastest supported set then, so a program should check before it starts.
func CheckISA() error { return isaError }

var (
	supported           = detect()
	chosenISA, isaError = chooseISA(os.Getenv(isaVariable), supported)
	kernels32           = kernelsOf(chosenISA)
	kernels64           = portable[float64]()
)

// chooseISA picks the named instruction set, or the last of the supported
// ones when the name is empty or wrong.
func chooseISA(name string, supported []ISA) (ISA, error) {
	fastest := supported[len(supported)-1]
	if name == "" {
		return fastest, nil
	}
	names := make([]string, len(supported))
	for i, isa := range supported {
		if isa.String() == name {
			return isa, nil
		}
		names[i] = isa.String()
	}
	return fastest, fmt.Errorf("%s=%s: not an instruction set of this machine and build, which have: %s",
		isaVariable, name, strings.Join(names, ", "))
}
