package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// events tells a client by server-sent events
//
//	page     the version of the page, when it is another
//	running  the runs under way, a report.Fragment as JSON
//
// A client that is slow misses states in between, and never the latest.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.followers <- struct{}{}:
		defer func() { <-s.followers }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, fmt.Sprintf("%d pages follow already, and no more may", s.limits.followers), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	send := func(text string) bool {
		// Each event has its own time; the connection may last for days.
		if control.SetWriteDeadline(time.Now().Add(s.limits.write)) != nil {
			return false
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	if control.SetReadDeadline(time.Time{}) != nil || !send("retry: 3000\n\n") {
		return
	}
	leave := s.source.enter()
	defer leave()
	var version, running string
	alive := time.NewTicker(s.limits.heartbeat)
	defer alive.Stop()
	for {
		now := s.source.now()
		if now.version != version {
			version = now.version
			if !send(event("page", version)) {
				return
			}
		}
		if text := encode(now.running); text != running && version != "" {
			running = text
			if !send(event("running", text)) {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-now.changed:
		case <-alive.C:
			if !send(": alive\n\n") {
				return
			}
		}
	}
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "{}" // strings always encode
	}
	return string(text)
}

// event is an event with one line of data.
func event(name, data string) string { return "event: " + name + "\ndata: " + data + "\n\n" }
