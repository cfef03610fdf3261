package bench

import "time"

// stopwatch measures a time with interruptions. It follows the monotonic clock,
// which nobody can set.
type stopwatch struct {
	total   time.Duration // until the last start
	started time.Time     // zero while it stands still
}

func (s *stopwatch) start() {
	s.stop()
	s.started = time.Now()
}

func (s *stopwatch) stop() {
	s.total = s.read()
	s.started = time.Time{}
}

func (s *stopwatch) read() time.Duration {
	if s.started.IsZero() {
		return s.total
	}
	return s.total + time.Since(s.started)
}
