package bench

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/klauspost/cpuid/v2"

	"hgbench/pkg/cpu"
	"hgbench/results"
)

// MaxThreads is above the cores of any machine.
const MaxThreads = 1024

// CurrentMachine describes this machine, with its FMA peak measured on so many
// threads (0: all cores).
func CurrentMachine(threads int) results.Machine {
	threads = threadsOr(threads)
	return results.Machine{
		CPU:        cmp.Or(cpuid.CPU.BrandName, runtime.GOARCH),
		ISA:        cpu.Current().String(),
		Threads:    threads,
		PeakGFLOPS: peakOf(threads),
	}
}

var peaks sync.Map // GFLOP/s by number of threads

// peakOf measures once in a process, so that all its figures share one peak.
func peakOf(threads int) float64 {
	peak, ok := peaks.Load(threads)
	if !ok {
		peak, _ = peaks.LoadOrStore(threads, cpu.MeasurePeak(cpu.Current(), threads))
	}
	return peak.(float64)
}

func threadsOr(threads int) int {
	if threads > 0 {
		return threads
	}
	return runtime.GOMAXPROCS(0)
}

// Commit is set by the linker where the build has no version control
// information: -ldflags "-X hgbench/bench.Commit=…".
var Commit string

// CurrentVersions names the code that is running.
func CurrentVersions() results.Versions { return versions() }

var versions = sync.OnceValue(func() results.Versions {
	v := results.Versions{Commit: Commit, Go: runtime.Version(), Kernel: cpu.KernelVersion}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	v.Commit = cmp.Or(v.Commit, settings["vcs.revision"])
	if settings["vcs.modified"] == "true" {
		v.Commit += "+dirty"
	}
	v.Commit = cmp.Or(v.Commit, sourceCommit(), info.Main.Version)
	return v
})

// sourceCommit asks git about the folder that this file was compiled from:
// `go run` leaves no version control information in the program. Only then is
// the source what it was a moment ago.
func sourceCommit() string {
	program, err := os.Executable()
	if err != nil || !strings.Contains(filepath.ToSlash(program), "/go-build") { // where `go run` and `go test` build
		return ""
	}
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", filepath.Dir(file)}, args...)...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	commit := git("rev-parse", "HEAD")
	if commit != "" && git("status", "--porcelain", "--untracked-files=no") != "" {
		commit += "+dirty"
	}
	return commit
}
