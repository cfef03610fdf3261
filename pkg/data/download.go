package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// stall is how long a server may stay silent.
var stall = time.Minute

// client also reads file:// addresses, since a GOPROXY may be a folder.
var client = func() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.RegisterProtocol("file", http.NewFileTransport(http.Dir("/")))
	return &http.Client{Transport: transport}
}()

// download gets an address into the file part, at most limit bytes. If part has bytes of an earlier, unfinished download it
// asks only for the rest, on the condition that the file there is still the same: that is what the validator (an entity
// tag or a date of last change, RFC 9110 section 13.1.5), kept in a file beside part, is for. A server that does not do
// ranges, or has another file by now, sends all of it, and the download starts from 0.
func download(ctx context.Context, address, part string, limit int64, progress func(done, total int64)) error {
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := lock(f); err != nil {
		return err
	}
	furthest, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	for {
		err := attempt(ctx, address, f, limit, progress)
		if err == nil {
			return f.Close()
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		// A cut connection is worth another attempt as long as attempts get further; a disk that refuses is not.
		var disk *fs.PathError
		have, bad := f.Seek(0, io.SeekEnd)
		if bad != nil || have <= furthest || errors.As(err, &disk) {
			return err
		}
		furthest = have
	}
}

// attempt makes one request and appends what it brings.
func attempt(ctx context.Context, address string, f *os.File, limit int64, progress func(done, total int64)) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("the server was silent for %v", stall)) })
	defer watch.Stop()
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}()

	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	response, err := request(ctx, address, have, validator(f))
	if err != nil {
		return err
	}
	defer response.Body.Close()

	switch response.StatusCode {
	case http.StatusPartialContent:
		if first, _, ok := contentRange(response.Header); !ok || first != have {
			return fmt.Errorf("the server sent range %q, want it to start at %d", response.Header.Get("Content-Range"), have)
		}
	case http.StatusRequestedRangeNotSatisfiable:
		if _, total, ok := contentRange(response.Header); ok && total == have {
			return nil // the last call was stopped after the last byte
		}
		if have == 0 {
			return errors.New(response.Status)
		}
		// What is here is longer than what it is a part of. Without it, everything is asked for.
		if err := f.Truncate(0); err != nil {
			return err
		}
		return attempt(ctx, address, f, limit, progress)
	case http.StatusOK:
		have = 0
		if err := restart(f, response); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%s; if it has moved, set HGBENCH_DATA_URL to the URL of a folder that has it", response.Status)
	}
	total := int64(-1)
	if response.ContentLength >= 0 {
		total = have + response.ContentLength
	}
	w := &meter{f: f, done: have, total: total, progress: progress, alive: func() { watch.Reset(stall) }}
	w.tell()
	if total <= limit {
		_, err = io.Copy(w, io.LimitReader(response.Body, limit-have+1))
	}
	if max(total, w.done) > limit {
		return errors.Join(fmt.Errorf("the archive has more than %d bytes, which cannot be right", limit), f.Truncate(0))
	}
	return err
}

// request asks for an address, or what comes after its first have bytes if it still is what the validator says.
func request(ctx context.Context, address string, have int64, validator string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	// Ranges and lengths must be those of the archive, not of a compressed transfer of it.
	r.Header.Set("Accept-Encoding", "identity")
	if have > 0 && validator != "" {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		r.Header.Set("If-Range", validator)
	}
	response, err := client.Do(r)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the caller names the address
	}
	return response, err
}

// meter writes to a file and tells how far it is.
type meter struct {
	f           *os.File
	done, total int64
	progress    func(done, total int64)
	alive       func()
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.f.Write(p)
	m.done += int64(n)
	m.alive()
	m.tell()
	return n, err
}

func (m *meter) tell() {
	if m.progress != nil {
		m.progress(m.done, m.total)
	}
}

// restart empties the file for the response's content, and notes the validator by which it can be resumed.
func restart(f *os.File, response *http.Response) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	v := response.Header.Get("ETag")
	if v == "" || strings.HasPrefix(v, "W/") { // weak tags do not promise equal bytes
		v = response.Header.Get("Last-Modified")
	}
	return os.WriteFile(f.Name()+".validator", []byte(v), 0o666)
}

// validator returns what restart noted, or nothing.
func validator(f *os.File) string {
	v, err := os.ReadFile(f.Name() + ".validator")
	if err != nil {
		return ""
	}
	return string(v)
}

// removePart removes a download and its validator.
func removePart(part string) error {
	err := os.Remove(part + ".validator")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(os.Remove(part), err)
}

// contentRange reads "bytes FIRST-LAST/TOTAL" or "bytes */TOTAL"; what is not given is −1.
func contentRange(h http.Header) (first, total int64, ok bool) {
	spec, ok := strings.CutPrefix(h.Get("Content-Range"), "bytes ")
	if !ok {
		return -1, -1, false
	}
	span, size, ok := strings.Cut(spec, "/")
	if !ok {
		return -1, -1, false
	}
	from, _, _ := strings.Cut(span, "-")
	return number(from), number(size), true
}

// number reads a number of bytes; what is none is −1.
func number(s string) int64 {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}
