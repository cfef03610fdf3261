package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"hgbench/report"
	"hgbench/report/running"
	"hgbench/results"
)

// record is a done run with a curve.
func record(id, hierarchy string, bpc float64) results.Record {
	r := results.Record{
		ID: id, Status: results.Done, Sweep: "tiny", Time: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
		Spec:       fmt.Appendf(nil, `{"model":{"system":"transformer","hierarchy":%q,"attention":"relative"},"seed":1}`, hierarchy),
		Parameters: 1000, FLOPs: results.FLOPs{NecessaryPerToken: 1e6, DensePerToken: 1e6, Total: 1e9 * bpc}, Seconds: 10 * bpc,
		ValidBPC: bpc, TestBPC: bpc, Causality: results.Causality{Init: results.Pass, Final: results.Pass, Probes: 3},
	}
	for i := 1; i <= 10; i++ {
		r.Curve = append(r.Curve, results.Point{Step: i, Tokens: int64(i) * 100, TrainBPC: bpc + 1/float64(i)})
	}
	return r
}

// folder is a results folder with records.
func folder(t *testing.T, records ...results.Record) (string, *results.Store) {
	t.Helper()
	dir := t.TempDir()
	store, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := store.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	return dir, store
}

// serve serves a folder until the test ends, or until stop.
func serve(t *testing.T, dir string, l limits) (address string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- newServer([]string{dir}, "", l).Serve(ctx, smallBuffers{listener}) }()
	done := false
	stop = func() {
		if done {
			return
		}
		done = true
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the server does not end")
		}
	}
	t.Cleanup(stop)
	return listener.Addr().String(), stop
}

// smallBuffers makes a client that reads nothing hold up the server at once, and
// not when megabytes have been buffered.
type smallBuffers struct{ net.Listener }

func (s smallBuffers) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetWriteBuffer(4096)
}

func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// follower follows events.
type follower struct {
	t     *testing.T
	body  io.ReadCloser
	lines *bufio.Scanner
}

func follow(t *testing.T, address string) *follower {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("events are %s of %s", response.Status, response.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &follower{t, response.Body, lines}
}

// next is the data of the next event of that name for which is holds.
func (f *follower) next(name string, is func(data string) bool) string {
	f.t.Helper()
	late := time.AfterFunc(20*time.Second, func() { f.body.Close() })
	defer late.Stop()
	current := ""
	for f.lines.Scan() {
		line := f.lines.Text()
		if event, ok := strings.CutPrefix(line, "event: "); ok {
			current = event
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && current == name && is(data) {
			return data
		}
	}
	f.t.Fatalf("no event %q came: %v", name, f.lines.Err())
	return ""
}

func anything(string) bool { return true }

// html is what an event of runs under way shows.
func html(t *testing.T, data string) string {
	t.Helper()
	var f report.Fragment
	if err := json.Unmarshal([]byte(data), &f); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return f.HTML
}

func TestEvents(t *testing.T) {
	dir, store := folder(t, record("a1", "2@1", 3))
	address, stop := serve(t, dir, usual)
	f := follow(t, address)
	first := f.next("page", anything)
	if got := html(t, f.next("running", anything)); got != "" {
		t.Errorf("nothing runs, and the page shows %s", got)
	}
	_, page := get(t, "http://"+address)
	if !strings.Contains(page, `data-version="`+first+`"`) || !strings.Contains(page, `id="a1"`) {
		t.Errorf("the page is not of version %s", first)
	}

	teller, err := running.Tell(dir, running.Run{ID: "b2", Index: 2, Points: 3, Label: "transformer <4@1>", Spec: record("", "4@1", 1).Spec})
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 5; step++ {
		teller.Update(running.State{Phase: "train", Done: step, Total: 10, Training: true, StepTokens: 100, TrainBPC: 3 - 0.1*float64(step)})
	}
	shown := html(t, f.next("running", func(data string) bool { return strings.Contains(data, "train 5/10") }))
	for _, want := range []string{"[2/3] transformer &lt;4@1&gt;", `value="5" max="10"`, "training 2.50 BPC", `id="running-b2"`, "<svg"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the run under way lacks %q: %s", want, shown)
		}
	}

	if err := teller.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Append(record("b2", "4@1", 2.5)); err != nil {
		t.Fatal(err)
	}
	second := f.next("page", func(version string) bool { return version != first })
	_, page = get(t, "http://"+address)
	if !strings.Contains(page, `data-version="`+second+`"`) || !strings.Contains(page, `id="b2"`) {
		t.Errorf("the page is not of version %s with the new run", second)
	}
	f.next("running", func(data string) bool { return html(t, data) == "" })

	// It ends at once, whoever follows.
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("ending took %v", took)
	}
	for f.lines.Scan() {
	}
}

// A sweep may be about to write its first record.
func TestEmptyFolder(t *testing.T) {
	dir, store := folder(t)
	address, _ := serve(t, dir, usual)
	response, page := get(t, "http://"+address)
	if response.StatusCode != http.StatusOK || !strings.Contains(page, "There is nothing to draw yet") {
		t.Errorf("%s: %.300s", response.Status, page)
	}
	f := follow(t, address)
	first := f.next("page", anything)
	if err := store.Append(record("a1", "2@1", 3)); err != nil {
		t.Fatal(err)
	}
	f.next("page", func(version string) bool { return version != first })
}

func TestDamagedRecords(t *testing.T) {
	dir, store := folder(t)
	writeFile(t, store.Path(), "{damaged\n{}\n")
	address, _ := serve(t, dir, usual)
	if response, text := get(t, "http://"+address); response.StatusCode != http.StatusInternalServerError || !strings.Contains(text, "records.jsonl:1: damaged record") {
		t.Errorf("%s: %s", response.Status, text)
	}
}

func TestFollowersAreBounded(t *testing.T) {
	dir, _ := folder(t, record("a1", "2@1", 3))
	l := usual
	l.followers = 3
	address, _ := serve(t, dir, l)
	first := follow(t, address)
	for range 2 {
		follow(t, address).next("page", anything)
	}
	response, text := get(t, "http://"+address+"/events")
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("%s: %s", response.Status, text)
	}
	if response, _ := get(t, "http://"+address); response.StatusCode != http.StatusOK {
		t.Errorf("the page itself is %s", response.Status)
	}
	first.body.Close() // which makes room
	waitForRoom(t, address)
}

// waitForRoom waits until one more may follow.
func waitForRoom(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		r, err := http.Get("http://" + address + "/events")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no room is made")
		}
	}
}

// Who does not send a request, or does not read the answer, is cut off.
func TestSlowClients(t *testing.T) {
	var many []results.Record
	for i := range 30 {
		many = append(many, record(fmt.Sprintf("r%d", i), fmt.Sprintf("%d@1", i+1), 3))
	}
	dir, _ := folder(t, many...)
	l := usual
	l.header, l.read, l.write, l.heartbeat = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond, time.Millisecond
	address, _ := serve(t, dir, l)
	for name, request := range map[string]string{
		"half a request": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-",
		"a request's body": "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n" +
			"x",
	} {
		c := dial(t, address)
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		var late net.Error
		if _, err := io.Copy(io.Discard, c); errors.As(err, &late) && late.Timeout() {
			t.Errorf("%s: the connection stays", name)
		}
	}

	// A follower that reads nothing: its place is free again when a write has
	// taken too long.
	l.followers = 1
	address, _ = serve(t, dir, l)
	c := dial(t, address)
	if err := c.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReaderSize(c, 16).ReadByte(); err != nil { // it follows
		t.Fatal(err)
	}
	if response, _ := get(t, "http://"+address+"/events"); response.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("its place is free at once: %s", response.Status)
	}
	waitForRoom(t, address)
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
