package data

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	// This module's test data is the default corpus. Importing it keeps it in go.mod, so whoever could build this program
	// has the corpus in the module cache already.
	_ "github.com/ulikunitz/lz"
)

// The module that ships enwik7; the version is the one of go.mod.
const (
	modulePath    = "github.com/ulikunitz/lz"
	moduleVersion = "v0.7.9"
	moduleEntry   = "testdata/enwik7"
)

// moduleFile is the corpus in the module cache.
func moduleFile(modCache string) string {
	return filepath.Join(modCache, filepath.FromSlash(modulePath+"@"+moduleVersion+"/"+moduleEntry))
}

// moduleZip is the module's archive in the module cache.
func moduleZip(modCache string) string {
	return filepath.Join(modCache, "cache", "download", filepath.FromSlash(modulePath+"/@v/"+moduleVersion+".zip"))
}

// goSettings is how this machine gets Go modules.
type goSettings struct {
	modCache string // folder
	proxy    string // in the syntax of GOPROXY
}

// goEnv asks the environment, then the go command (which also knows "go env -w" and Go's own defaults). Where no Go is
// installed the module cache has its usual place, and only GOPROXY can name a proxy.
func goEnv(ctx context.Context) goSettings {
	s := goSettings{os.Getenv("GOMODCACHE"), os.Getenv("GOPROXY")}
	if s.modCache == "" || s.proxy == "" {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		var said struct{ GOMODCACHE, GOPROXY string }
		if out, err := exec.CommandContext(ctx, "go", "env", "-json", "GOMODCACHE", "GOPROXY").Output(); err == nil &&
			json.Unmarshal(out, &said) == nil {
			s.modCache = cmp.Or(s.modCache, said.GOMODCACHE)
			s.proxy = cmp.Or(s.proxy, said.GOPROXY)
		}
	}
	if s.modCache == "" {
		gopath := build.Default.GOPATH // $GOPATH, or go in the home folder
		s.modCache = filepath.Join(filepath.SplitList(gopath + string(filepath.ListSeparator))[0], "pkg", "mod")
	}
	return s
}

// moduleURLs returns the addresses of the module's archive at the proxies of a GOPROXY list ("go help goproxy"). Elements may
// be separated by comma or pipe; the difference, which failure leads to the next one, does not matter for a public module
// with a known hash. "direct" has no archives, and nothing is asked after "off".
func moduleURLs(goproxy string) ([]string, error) {
	var urls []string
	for _, proxy := range strings.FieldsFunc(goproxy, func(r rune) bool { return r == ',' || r == '|' }) {
		proxy = strings.TrimRight(strings.TrimSpace(proxy), "/")
		if proxy == "off" {
			break
		}
		if proxy == "direct" || proxy == "" {
			continue
		}
		if !strings.Contains(proxy, "://") {
			proxy = "https://" + proxy
		}
		urls = append(urls, proxy+"/"+modulePath+"/@v/"+moduleVersion+".zip")
	}
	if len(urls) == 0 {
		return nil, fmt.Errorf("GOPROXY is %q, which names no module proxy: set GOPROXY=ADDRESS, or install Go, which knows one", goproxy)
	}
	return urls, nil
}
