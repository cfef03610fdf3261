package cpu

import (
	"strings"
	"testing"
)

func TestChooseISA(t *testing.T) {
	all := []ISA{Portable, AVX2, AVX512}
	for _, c := range []struct {
		name      string
		supported []ISA
		want      ISA
		err       string
	}{
		{"", all, AVX512, ""},
		{"", all[:1], Portable, ""},
		{"avx2", all, AVX2, ""},
		{"portable", all, Portable, ""},
		{"avx512", all[:2], AVX2, "HGBENCH_ISA=avx512: not an instruction set of this machine and build, which have: portable, avx2"},
		{"neon", all, AVX512, "HGBENCH_ISA=neon"},
	} {
		got, err := chooseISA(c.name, c.supported)
		if got != c.want {
			t.Errorf("%q of %v: %v, want %v", c.name, c.supported, got, c.want)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) {
			t.Errorf("%q of %v: error %v, want %q", c.name, c.supported, err, c.err)
		}
	}
}

func TestSupported(t *testing.T) {
	isas := Supported()
	if isas[0] != Portable {
		t.Errorf("first of %v is not portable", isas)
	}
	for _, isa := range isas {
		if ks := kernelsOf(isa); ks.isa != isa {
			t.Errorf("kernels of %v say %v", isa, ks.isa)
		}
	}
}
