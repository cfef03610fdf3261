// Package live serves the page of a results folder, and keeps it up to date
// while a sweep runs.
//
// It is for one's own browser: it reads and never writes, answers two paths
// (the page and its events) and no path of a file, and refuses what does not
// come from its own page: see guard.
package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// limits of what clients may take.
type limits struct {
	header, read time.Duration // of a request
	write        time.Duration // of a page, or of one event
	idle         time.Duration // of a connection between requests
	heartbeat    time.Duration // between signs of life to who follows events
	followers    int           // who follow events at a time
}

var usual = limits{
	header: 5 * time.Second, read: 10 * time.Second, write: 20 * time.Second,
	idle: time.Minute, heartbeat: 15 * time.Second, followers: 32,
}

const maxHeader = 16 << 10 // bytes

// Server serves one source.
type Server struct {
	limits    limits
	source    *source
	followers chan struct{} // one for each
}

// New makes a server of results: folders and .jsonl files as for results.Read.
// A folder may still be empty. source stands in commands of the page, as
// report.Options has it.
func New(paths []string, source string) *Server {
	return newServer(paths, source, usual)
}

func newServer(paths []string, source string, l limits) *Server {
	return &Server{limits: l, source: newSource(paths, source), followers: make(chan struct{}, l.followers)}
}

// Serve answers on a listener until the context ends, and then lets go of all
// clients and closes it.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: s.limits.header,
		ReadTimeout:       s.limits.read,
		WriteTimeout:      s.limits.write,
		IdleTimeout:       s.limits.idle,
		MaxHeaderBytes:    maxHeader,
		// Requests end with it, as those that follow events must.
		BaseContext: func(net.Listener) context.Context { return watching },
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-watching.Done()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(patience) != nil {
			server.Close()
		}
	}()
	go s.source.watch(watching)
	err := server.Serve(l)
	stop()
	<-ended
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// Handler answers requests. Events come while Serve runs.
func (s *Server) Handler() http.Handler {
	return guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// No http.ServeMux: it would redirect paths that are not clean.
		switch r.URL.Path {
		case "/":
			s.page(w, r)
		case "/events":
			s.events(w, r)
		default:
			http.Error(w, "not found: this server has one page, /", http.StatusNotFound)
		}
	}))
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	page, err := s.source.page()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", page.Policy+"; frame-ancestors 'none'")
	if r.Method == http.MethodHead {
		return
	}
	w.Write(page.HTML) // a client that went away is nothing to report
}
