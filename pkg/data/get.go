package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Where enwik8.zip and text8.zip are published. Plain http is tried when https cannot be reached; it is as good, since what
// arrives must have the right SHA-256.
var publishers = []string{"https://mattmahoney.net/dc", "http://mattmahoney.net/dc"}

// Get downloads a corpus of the catalog into dir (CacheDir if empty), under its name, and returns when it is there, verified.
// If it was there already, nothing is downloaded; a damaged one is replaced.
//
// A download that was cut off is resumed where it stopped, within the call as long as each attempt brings something, and by
// the next call. Until everything is verified nothing is visible under the corpus's name. progress, which may be nil, is
// told the bytes of the archive that are here and their total, which is −1 while unknown.
//
// The environment variable HGBENCH_DATA_URL names another place than the publisher's: the URL of a folder with NAME.zip.
func Get(ctx context.Context, name, dir string, progress func(done, total int64)) error {
	s, ok := lookup(name)
	if !ok {
		return fmt.Errorf("unknown corpus %q%s: want one of %s", name, nearest(name), strings.Join(names(), ", "))
	}
	here := filepath.Join(dir, name)
	if dir == "" {
		var err error
		if here, err = s.locate(ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if here != "" && isFile(here) {
		if sum, err := hashFile(ctx, here); err != nil {
			return fmt.Errorf("get %s: %w", name, err)
		} else if sum == s.sha256 {
			return nil
		}
	}
	_, err := s.fetch(ctx, dir, progress)
	return err
}

// fetch downloads the corpus's archive, extracts the corpus into dir (CacheDir if empty) and returns its path.
func (s source) fetch(ctx context.Context, dir string, progress func(done, total int64)) (path string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("get %s: %w", s.name, err)
		}
	}()
	if dir == "" {
		if dir, err = CacheDir(); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	path = filepath.Join(dir, s.name)
	entry, urls := s.name, s.publishedAt()
	if s.module {
		entry = modulePath + "@" + moduleVersion + "/" + moduleEntry
		settings := goEnv(ctx)
		if s.extract(ctx, moduleZip(settings.modCache), entry, path) == nil {
			return path, nil
		}
		if urls, err = moduleURLs(settings.proxy); err != nil {
			return "", err
		}
	}
	part := path + ".zip.part"
	if err := downloadAny(ctx, urls, part, s.size, progress); err != nil {
		if info, bad := os.Stat(part); bad == nil && info.Size() > 0 {
			err = fmt.Errorf("%w; %d bytes are in %s, run it again to go on from there", err, info.Size(), part)
		}
		return "", err
	}
	err = s.extract(ctx, part, entry, path)
	if err != nil && ctx.Err() != nil {
		return "", err // the archive is complete: the next call goes on from there
	}
	var full *fs.PathError
	if errors.As(err, &full) {
		return "", err // nor is the archive to blame for a full disk
	}
	return path, errors.Join(err, removePart(part))
}

// publishedAt returns the addresses of NAME.zip, in the order in which to try them.
func (s source) publishedAt() []string {
	folders := publishers
	if mirror := os.Getenv("HGBENCH_DATA_URL"); mirror != "" {
		folders = []string{mirror}
	}
	urls := make([]string, len(folders))
	for i, folder := range folders {
		urls[i] = strings.TrimRight(folder, "/") + "/" + s.name + ".zip"
	}
	return urls
}

// downloadAny downloads from the first of urls that answers well.
func downloadAny(ctx context.Context, urls []string, part string, limit int64, progress func(done, total int64)) error {
	var failed error
	for _, address := range urls {
		err := download(ctx, address, part, limit, progress)
		if err == nil {
			return nil
		}
		if u, bad := url.Parse(address); bad == nil {
			address = u.Redacted()
		}
		err = fmt.Errorf("%s: %w", address, err)
		if failed != nil {
			err = fmt.Errorf("%w; %w", failed, err)
		}
		failed = err
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// hashFile returns the SHA-256 of a file in hexadecimal.
func hashFile(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, contextReader{ctx, f}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// contextReader is r until ctx is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
