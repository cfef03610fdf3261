package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	peakRound  = 2 * time.Millisecond
	peakRounds = 12
)

// MeasurePeak returns the rate of fused multiply-adds, in GFLOP/s of float32
// (one is two operations), that so many threads reach together with the given
// instruction set when they do nothing else: the best of several rounds of a
// few milliseconds. For Portable it is the rate of scalar multiplications and
// additions.
func MeasurePeak(isa ISA, threads int) float64 {
	run, flops := peakLoop(isa)
	n := 1 << 12
	for start := time.Now(); ; start = time.Now() {
		run(n)
		if time.Since(start) > peakRound {
			break
		}
		n *= 2
	}
	var best time.Duration
	for range peakRounds {
		if d := peakTime(run, n, threads); best == 0 || d < best {
			best = d
		}
	}
	return float64(threads) * float64(n) * float64(flops) / float64(best.Nanoseconds())
}

// peakTime runs n rounds on each thread at once, and returns the time from
// when all are ready to when the last is done.
func peakTime(run func(n int), n, threads int) time.Duration {
	var ready atomic.Int64
	var done sync.WaitGroup
	var start time.Time
	var once sync.Once
	for range threads {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for ready.Add(1); ready.Load() < int64(threads); {
				runtime.Gosched() // more threads than processors must take turns
			}
			once.Do(func() { start = time.Now() })
			run(n)
		})
	}
	done.Wait()
	return time.Since(start)
}

// peakPortable runs n rounds of eight multiplications and additions: as many
// chains as registers hold.
func peakPortable(n int) {
	const factor, term = 1 - 1e-6, 1e-6
	var a, b, c, d, e, f, g, h float32 = 1, 1, 1, 1, 1, 1, 1, 1
	for range n {
		a = float32(a*factor) + term
		b = float32(b*factor) + term
		c = float32(c*factor) + term
		d = float32(d*factor) + term
		e = float32(e*factor) + term
		f = float32(f*factor) + term
		g = float32(g*factor) + term
		h = float32(h*factor) + term
	}
	peakSink.Store(a + b + c + d + e + f + g + h)
}

// peakSink keeps the compiler from dropping the loop.
var peakSink atomic.Value
