package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// phase is a set of independent tiles of work. Which thread runs a tile never
// changes its result: tiles do not depend on the number of threads, and write
// nothing that another tile of the phase reads or writes.
type phase struct {
	tiles int
	run   func(w *worker, tile int)
}

// worker is one thread of a pool, with scratch memory of its own.
type worker struct {
	id      int
	scratch []byte
}

// scratch views the worker's scratch memory, of which a kernel may use as much
// as it has declared.
func scratch[T Float](w *worker) []T {
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(w.scratch))), len(w.scratch)/int(unsafe.Sizeof(zero)))
}

// pool is a fixed set of threads that run phases in order. The caller's thread
// is one of them. Tiles are claimed by an atomic counter; a phase starts when
// all tiles of the one before are done.
type pool struct {
	workers []*worker
	wake    []chan *job
	left    sync.WaitGroup
}

// job is a sequence of phases with the counters to share them out, made once
// and run many times.
type job struct {
	phases []phase
	state  []phaseState
	clock  func(phase int, d time.Duration) // when set, told the time of each phase
	cancel <-chan struct{}                  // when closed, tiles that have not begun are left out; nil: never
}

// phaseState has a cache line of its own.
type phaseState struct {
	next, done atomic.Int64
	_          [48]byte
}

func newJob(phases []phase) *job {
	return &job{phases: phases, state: make([]phaseState, len(phases))}
}

// newPool starts threads−1 goroutines, each on an operating-system thread of
// its own.
func newPool(threads int) *pool {
	p := &pool{}
	for id := range threads {
		w := &worker{id: id}
		p.workers = append(p.workers, w)
		if id == 0 {
			continue
		}
		wake := make(chan *job)
		p.wake = append(p.wake, wake)
		go func() {
			runtime.LockOSThread()
			for j := range wake {
				j.work(w)
				p.left.Done()
			}
		}()
	}
	return p
}

func (p *pool) close() {
	for _, wake := range p.wake {
		close(wake)
	}
}

// run executes all phases of a job and returns when they are done.
func (p *pool) run(j *job) {
	for i := range j.state {
		j.state[i].next.Store(0)
		j.state[i].done.Store(0)
	}
	p.left.Add(len(p.wake))
	for _, wake := range p.wake {
		wake <- j
	}
	j.work(p.workers[0])
	p.left.Wait()
}

// cancelled says whether tiles are left out from now on: then all that come
// after one that was, so that no tile reads what was never written.
func (j *job) cancelled() bool {
	select {
	case <-j.cancel:
		return true
	default:
		return false
	}
}

func (j *job) work(w *worker) {
	var start time.Time
	timed := j.clock != nil && w.id == 0
	for i := range j.phases {
		if timed {
			start = time.Now()
		}
		ph, st := &j.phases[i], &j.state[i]
		tiles := int64(ph.tiles)
		for t := st.next.Add(1) - 1; t < tiles; t = st.next.Add(1) - 1 {
			if !j.cancelled() {
				ph.run(w, int(t))
			}
			st.done.Add(1)
		}
		// Waiting for tiles rather than for threads: a thread that the system
		// has put to sleep between tiles delays nobody.
		for spin := 0; st.done.Load() < tiles; spin++ {
			if spin > 1000 {
				runtime.Gosched()
			}
		}
		if timed {
			j.clock(i, time.Since(start))
		}
	}
}
