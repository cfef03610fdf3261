package bench

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// checkFits refuses a plan of more bytes than are free.
func checkFits(planned int64) error {
	if free := AvailableMemory(); free > 0 && planned > free {
		return fmt.Errorf("needs %s, %s free: a smaller train.micro_batch, train.context or eval.context, or storage: streaming needs less",
			results.FormatBytes(planned), results.FormatBytes(free))
	}
	return nil
}

// newMachine makes the machine of programs that fit.
func newMachine(threads int, programs ...*graph.Program) (*cpu.Machine, error) {
	if err := checkFits(graph.PeakMemory(threads, programs...).Total()); err != nil {
		return nil, err
	}
	return cpu.New(threads, programs...)
}

// resident measures the process's memory around a run. The peak is that of the
// operating system, from the moment of the last reset.
type resident struct{ idle int64 }

// startResident gives unused heap back, notes what is resident now and resets
// the high-water mark.
func startResident() resident {
	var r resident
	r.reset()
	r.idle, _ = residentBytes()
	return r
}

// reset lets the peak begin here.
func (resident) reset() {
	runtime.GC()
	debug.FreeOSMemory()
	resetPeak()
}

// peak is the high-water mark since the start.
func (r resident) peak() int64 {
	_, peak := residentBytes()
	return peak
}
