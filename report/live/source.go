package live

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"hgbench/report"
	"hgbench/report/running"
	"hgbench/results"
)

// look is how often files are looked at while somebody follows.
const look = time.Second

// source is what is served: the page of the records as they are, and the runs
// under way. It looks at the files' sizes and times, and reads only what
// changed; while nobody follows, it does not look at all.
type source struct {
	paths []string
	name  string

	mu        sync.Mutex
	followers int
	wake      chan struct{} // of capacity 1: somebody follows
	state     state

	rendering sync.Mutex // one page is made at a time
	current   report.Page
	of        string // version that current is of, "" before there is one
}

// state of a source at a time.
type state struct {
	version string // of the page, "" before the first look
	running report.Fragment
	changed chan struct{} // closed when there is another state
}

func newSource(paths []string, name string) *source {
	return &source{
		paths: paths, name: name,
		wake: make(chan struct{}, 1), state: state{changed: make(chan struct{})},
	}
}

// enter makes the source look at its files until the follower leaves.
func (s *source) enter() (leave func()) {
	s.mu.Lock()
	s.followers++
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return func() {
		s.mu.Lock()
		s.followers--
		s.mu.Unlock()
	}
}

func (s *source) now() state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// watch looks at the files while somebody follows.
func (s *source) watch(ctx context.Context) {
	clock := time.NewTicker(look)
	defer clock.Stop()
	for {
		s.mu.Lock()
		followed := s.followers > 0
		s.mu.Unlock()
		if followed {
			s.publish(versionOf(s.files()))
			select {
			case <-ctx.Done():
				return
			case <-clock.C:
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

// publish tells followers the version of the records and the runs under way,
// if they are others.
func (s *source) publish(version string) {
	fragment, err := s.runs()
	if err != nil {
		return // the next look may succeed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if version == s.state.version && fragment == s.state.running {
		return
	}
	close(s.state.changed)
	s.state = state{version: version, running: fragment, changed: make(chan struct{})}
}

// runs are the runs under way in the folders of the source.
func (s *source) runs() (report.Fragment, error) {
	var all []running.Run
	for _, path := range s.paths {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			continue
		}
		runs, err := running.Read(path)
		if err != nil {
			return report.Fragment{}, err
		}
		all = append(all, runs...)
	}
	return report.UnderWay(all, time.Now())
}

// page is made again when the records are others.
func (s *source) page() (report.Page, error) {
	s.rendering.Lock()
	defer s.rendering.Unlock()
	version := versionOf(s.files())
	if version == s.of {
		return s.current, nil
	}
	var present []string
	for _, file := range s.files() {
		if _, err := os.Stat(file); err == nil {
			present = append(present, file)
		}
	}
	var records results.Records
	if len(present) > 0 {
		var err error
		// A torn last line is one being written, which the next look finds whole.
		if records, _, err = results.Read(present...); err != nil {
			return report.Page{}, err
		}
	}
	page, err := report.New(records, report.Options{Source: s.name, Version: version})
	if err != nil {
		return report.Page{}, err
	}
	s.current, s.of = page, version
	return page, nil
}

// files are the files of records, which may not be there yet.
func (s *source) files() []string {
	files := make([]string, len(s.paths))
	for i, path := range s.paths {
		files[i] = path
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			files[i] = filepath.Join(path, results.FileName)
		}
	}
	return files
}

// versionOf files is another when one of them is: it hashes sizes and times.
func versionOf(files []string) string {
	h := fnv.New64a()
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			fmt.Fprintf(h, "%q %d %d\n", file, info.Size(), info.ModTime().UnixNano())
		}
	}
	return strconv.FormatUint(h.Sum64(), 36)
}
