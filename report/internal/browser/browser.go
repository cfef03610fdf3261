// Package browser drives a real Chromium, without a window, for tests of pages.
//
// It speaks the Chrome DevTools protocol over a pair of pipes, which needs no
// library: messages are JSON, each ended by a zero byte.
package browser

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// names of the program, the first that is found.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// patience with a browser on a busy machine.
const patience = time.Minute

// Page is a page in a browser of its own, which ends with the test.
type Page struct {
	t       testing.TB
	write   *os.File
	session string

	mu      sync.Mutex
	last    int
	replies map[int]chan message
	closed  error // why no more replies come
	errors  []string
}

// message of the protocol: a call, its reply, or an event.
type message struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Open opens a page of the given size in CSS pixels. Without Chromium the test
// is skipped.
func Open(t testing.TB, url string, width, height int) *Page {
	t.Helper()
	program := find()
	if program == "" {
		t.Skipf("no %s on PATH: pages are not seen in a browser", strings.Join(names, ", "))
	}
	p := &Page{t: t, replies: map[int]chan message{}}
	p.start(program)
	var target struct{ TargetID string }
	p.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	p.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		p.call(domain+".enable", nil, nil)
	}
	p.Resize(width, height)
	p.Media("", "light")
	p.Go(url)
	return p
}

func find() string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (p *Page) start(program string) {
	p.t.Helper()
	fromHere, write, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	read, fromThere, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	args := []string{"--headless", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--user-data-dir=" + p.t.TempDir()}
	if os.Geteuid() == 0 { // whom its sandbox refuses
		args = append(args, "--no-sandbox")
	}
	cmd := exec.Command(program, args...)
	cmd.ExtraFiles = []*os.File{fromHere, fromThere} // its descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	fromHere.Close()
	fromThere.Close()
	p.write = write
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.listen(read)
	}()
	p.t.Cleanup(func() {
		p.session = ""
		_ = p.send("Browser.close", nil, nil)
		gone := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // however it ended, it ended
		gone.Stop()
		write.Close()
		<-ended
		read.Close()
	})
}

// listen hands out replies, and keeps what the page complains of.
func (p *Page) listen(from *os.File) {
	in := bufio.NewReader(from)
	for {
		text, err := in.ReadBytes(0)
		p.mu.Lock()
		if err != nil {
			p.closed = fmt.Errorf("the browser ended: %w", err)
			for _, reply := range p.replies {
				close(reply)
			}
			p.replies = map[int]chan message{}
			p.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) == nil {
			if reply, ok := p.replies[m.ID]; ok && m.ID > 0 {
				delete(p.replies, m.ID)
				reply <- m
			}
			if complaint := complaintOf(m); complaint != "" {
				p.errors = append(p.errors, complaint)
			}
		}
		p.mu.Unlock()
	}
}

// complaintOf is what a page did wrong: an exception, or what the console has
// as an error, as everything is that a content security policy forbids.
func complaintOf(m message) string {
	var e struct {
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Entry struct{ Level, Text, URL string }
	}
	if json.Unmarshal(m.Params, &e) != nil {
		return ""
	}
	switch {
	case m.Method == "Runtime.exceptionThrown":
		return e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description
	case m.Method == "Log.entryAdded" && e.Entry.Level == "error":
		return e.Entry.Text + " " + e.Entry.URL
	}
	return ""
}

// Complaints are the errors of the page so far.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.errors...)
}

func (p *Page) call(method string, params, result any) {
	p.t.Helper()
	if err := p.send(method, params, result); err != nil {
		p.t.Fatalf("browser: %s: %v", method, err)
	}
}

func (p *Page) send(method string, params, result any) error {
	reply := make(chan message, 1)
	p.mu.Lock()
	if p.closed != nil {
		p.mu.Unlock()
		return p.closed
	}
	p.last++
	id := p.last
	p.replies[id] = reply
	p.mu.Unlock()
	if params == nil {
		params = struct{}{}
	}
	given, err := json.Marshal(params)
	if err != nil {
		return err
	}
	text, err := json.Marshal(message{ID: id, Method: method, Params: given, Session: p.session})
	if err != nil {
		return err
	}
	if _, err := p.write.Write(append(text, 0)); err != nil {
		return err
	}
	select {
	case m, ok := <-reply:
		switch {
		case !ok:
			return errors.New("the browser ended")
		case m.Error != nil:
			return errors.New(m.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-time.After(patience):
		return fmt.Errorf("no reply within %v", patience)
	}
}

// Go goes to another page, and waits until it is there.
func (p *Page) Go(url string) {
	p.t.Helper()
	var result struct{ ErrorText string }
	p.call("Page.navigate", map[string]any{"url": url}, &result)
	if result.ErrorText != "" {
		p.t.Fatalf("browser: %s: %s", url, result.ErrorText)
	}
	p.Wait(`location.href !== "about:blank" && document.readyState === "complete"`)
}

// Resize gives the page another size in CSS pixels.
func (p *Page) Resize(width, height int) {
	p.t.Helper()
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// Media makes the page believe in a medium (screen or print) and a colour
// scheme (light or dark). Nothing moves by itself, so that what a test points at
// stays where it is.
func (p *Page) Media(medium, scheme string) {
	p.t.Helper()
	p.call("Emulation.setEmulatedMedia", map[string]any{"media": medium,
		"features": []map[string]string{
			{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"},
		}}, nil)
}

// Eval evaluates JavaScript, and decodes its value, unless into is nil.
func (p *Page) Eval(expression string, into any) {
	p.t.Helper()
	var reply struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	p.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &reply)
	if e := reply.ExceptionDetails; e != nil {
		p.t.Fatalf("browser: %s: %s", expression, e.Exception.Description)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(reply.Result.Value, into); err != nil {
		p.t.Fatalf("browser: %s is %s: %v", expression, reply.Result.Value, err)
	}
}

// Wait waits until an expression is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var is bool
		p.Eval("Boolean("+expression+")", &is)
		if is {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("browser: not within %v: %s", patience, expression)
		}
	}
}

// Point moves the pointer to a place of the window.
func (p *Page) Point(x, y float64) { p.mouse("mouseMoved", x, y, "none") }

// Click clicks at a place of the window.
func (p *Page) Click(x, y float64) {
	p.Point(x, y)
	p.mouse("mousePressed", x, y, "left")
	p.mouse("mouseReleased", x, y, "left")
}

func (p *Page) mouse(kind string, x, y float64, button string) {
	p.t.Helper()
	p.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": button, "clickCount": 1}, nil)
}

// Press presses a key, as "Enter" or "ArrowRight".
func (p *Page) Press(key string) {
	p.t.Helper()
	down := map[string]any{"type": "keyDown", "key": key, "code": key}
	if key == "Enter" {
		down["text"], down["windowsVirtualKeyCode"] = "\r", 13
	}
	p.call("Input.dispatchKeyEvent", down, nil)
	p.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key}, nil)
}

// Screenshot is what the whole page looks like, as PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	return p.picture("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
}

// PDF is the page as printed.
func (p *Page) PDF() []byte {
	p.t.Helper()
	return p.picture("Page.printToPDF", map[string]any{"printBackground": true})
}

func (p *Page) picture(method string, params map[string]any) []byte {
	p.t.Helper()
	var reply struct{ Data string }
	p.call(method, params, &reply)
	data, err := base64.StdEncoding.DecodeString(reply.Data)
	if err != nil {
		p.t.Fatalf("browser: %s: %v", method, err)
	}
	return data
}
