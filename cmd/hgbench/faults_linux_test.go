package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// disk mounts an empty file system of so many kilobytes.
func disk(t *testing.T, kilobytes int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kilobytes)); err != nil {
		t.Skip("cannot mount a file system: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A disk that is full when a run begins, saves a checkpoint, its weights or its
// record: a clear error, and once there is room the same command goes on to the
// same bits.
func TestFullDisk(t *testing.T) {
	workFolder(t)
	args := []string{"run", "-f", "tiny.yaml", "--threads", "1", "--checkpoint", "0", "--out"}
	ok(t, append(args, "whole")...)
	want := bare(recorded(t, "whole"))
	weights, err := filepath.Glob("whole/weights/*")
	if err != nil || len(weights) != 1 {
		t.Fatal(weights, err)
	}
	size := 0
	if info, err := os.Stat(weights[0]); err == nil {
		size = int(info.Size() >> 10)
	}
	failures, checkpoints := 0, 0
	for _, kilobytes := range []int{8, size / 2, size + 12, 3 * size, 4 * size, 7 * size} {
		dir := disk(t, kilobytes)
		args := append(args, dir)
		got := hgbench(t, args...)
		if strings.Contains(got.stderr, "checkpoint after step") {
			checkpoints++
			contains(t, got.stderr, "no space left on device")
		}
		if got.status != exitOK {
			failures++
			if got.status != exitError || !strings.Contains(got.stderr, "hgbench: ") || !strings.Contains(got.stderr, "no space left on device") {
				t.Errorf("%d kB: status %d\n%s", kilobytes, got.status, got.stderr)
			}
			if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=64m"); err != nil {
				t.Fatal(err)
			}
			ok(t, args...)
		}
		if diff := cmp.Diff(want, bare(recorded(t, dir))); diff != "" {
			t.Errorf("%d kB (-want +got):\n%s", kilobytes, diff)
		}
		contains(t, ok(t, "results", "fsck", dir), "nothing wrong", " 0 checkpoints")
		if left, _ := filepath.Glob(filepath.Join(dir, "*", ".*")); len(left) > 0 {
			t.Errorf("%d kB: left %v", kilobytes, left)
		}
	}
	t.Logf("%d runs failed for want of room, %d could not write a checkpoint", failures, checkpoints)
	if failures < 2 || checkpoints < 2 {
		t.Error("the disks were not full enough to test anything")
	}
}

// A folder that cannot be written to is found out before anything is trained.
func TestReadOnlyFolder(t *testing.T) {
	workFolder(t)
	dir := disk(t, 1000)
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "-f", "tiny.yaml"}, {"sweep", "sweep.yaml"}} {
		got := hgbench(t, append(args, "--out", dir)...)
		if got.status != exitError || strings.Contains(got.stderr, "train") {
			t.Errorf("%v: status %d\n%s", args, got.status, got.stderr)
		}
		contains(t, got.stderr, "hgbench: results folder "+dir+" is not writable", "read-only file system")
	}
}

// A file that is there but cannot be read.
func TestUnreadableCorpus(t *testing.T) {
	workFolder(t)
	// Reading it is an I/O error, even for root.
	got := hgbench(t, "run", "-f", "tiny.yaml", "--set", "data=/proc/self/mem")
	if got.status != exitError || !strings.Contains(got.stderr, "hgbench: corpus /proc/self/mem: ") {
		t.Errorf("status %d\n%s", got.status, got.stderr)
	}
	if os.Getuid() == 0 {
		return // whom no permission stops
	}
	if err := os.Chmod("corpus.txt", 0); err != nil {
		t.Fatal(err)
	}
	got = hgbench(t, "run", "-f", "tiny.yaml")
	if got.status != exitError || !strings.Contains(got.stderr, "hgbench: corpus corpus.txt: ") || !strings.Contains(got.stderr, "permission denied") {
		t.Errorf("status %d\n%s", got.status, got.stderr)
	}
}

// A corpus whose contents change between two calls is another corpus: what was
// recorded stays, and nothing of it is taken for done.
func TestCorpusThatChanged(t *testing.T) {
	workFolder(t)
	ok(t, "run", "-f", "tiny.yaml")
	text, err := os.ReadFile("corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	before := recorded(t, runsFolder)
	text[100] ^= 1
	write(t, "corpus.txt", string(text))
	got := hgbench(t, "run", "-f", "tiny.yaml")
	if got.status != exitOK {
		t.Fatalf("status %d\n%s", got.status, got.stderr)
	}
	contains(t, got.stderr, "warning: corpus corpus.txt has changed: 1 records have SHA-256 ", "those records stay, and do not count as done")
	after := recorded(t, runsFolder)
	if len(after) != 2 {
		t.Fatalf("%d records", len(after))
	}
	if diff := cmp.Diff(before, after[:1]); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
	contains(t, ok(t, "results", "fsck", runsFolder), "nothing wrong with 2 records")
}
