package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/cpuid/v2"

	"hgbench/pkg/cpu"
)

// The compiler may fuse multiplications and additions when it builds for newer
// processors (GOAMD64=v3): that must not change a bit, in portable Go or around
// the assembly.
func TestGOAMD64DoesNotChangeABit(t *testing.T) {
	levels := []string{"v1"}
	if cpuid.CPU.X64Level() >= 3 {
		levels = append(levels, "v3")
	} else {
		t.Log("this processor runs v1 only")
	}
	dir := t.TempDir()
	isas := []string{cpu.Portable.String()}
	if fastest := cpu.Supported()[len(cpu.Supported())-1]; fastest != cpu.Portable {
		isas = append(isas, fastest.String())
	}
	first := map[string]string{}
	for _, level := range levels {
		program := filepath.Join(dir, level)
		build := exec.Command("go", "build", "-o", program, "./testdata/hash")
		build.Env = append(os.Environ(), "GOAMD64="+level)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", level, err, out)
		}
		for _, isa := range isas {
			run := exec.Command(program)
			run.Env = append(os.Environ(), "HGBENCH_ISA="+isa)
			run.Stderr = os.Stderr
			out, err := run.Output()
			got := string(out)
			if err != nil || !strings.HasPrefix(got, isa+" ") {
				t.Fatalf("%s, %s: %q, %v", level, isa, got, err)
			}
			if first[isa] == "" {
				first[isa] = got
			}
			if got != first[isa] {
				t.Errorf("GOAMD64=%s: %s, v1: %s", level, got, first[isa])
			}
		}
	}
}
