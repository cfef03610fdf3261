package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cluster is a real Slurm of two nodes with a core each, on this machine and
// with its own authentication, for as long as a test lasts. It needs no root.
type cluster struct{ dir string }

// startCluster starts one that works in a work folder of its own.
func startCluster(t *testing.T) cluster {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s here to test with; Debian has it in slurmctld, slurmd, slurm-client and munge", program)
		}
	}
	configuration, err := os.ReadFile("testdata/slurm/slurm.conf")
	if err != nil {
		t.Fatal(err)
	}
	workFolder(t) // removed when nothing of the cluster writes to it any more
	// Sockets have short paths.
	dir, err := os.MkdirTemp("", "slurm")
	if err != nil {
		t.Fatal(err)
	}
	c := cluster{dir}
	t.Cleanup(func() {
		if t.Failed() {
			c.showLogs(t)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	c.configure(t, string(configuration))
	t.Setenv("SLURM_CONF", c.path("slurm.conf"))
	t.Cleanup(func() { c.killAll(t) }) // runs first
	key := make([]byte, 1024)
	rand.Read(key)
	if err := os.WriteFile(c.path("key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	c.start(t, "munged", "--foreground", "--force", "--socket="+c.path("munge.sock"), "--key-file="+c.path("key"),
		"--pid-file="+c.path("munged.pid"), "--log-file="+c.path("munged.log"), "--seed-file="+c.path("munged.seed"))
	await(t, "munged", func() bool { return exists(c.path("munge.sock")) })
	c.start(t, "slurmctld", "-D")
	for _, node := range []string{"n1", "n2"} {
		c.start(t, "slurmd", "-D", "-N", node)
	}
	await(t, "two idle nodes", func() bool {
		out, _ := exec.Command("sinfo", "--noheader", "--partition=low", "--format=%D %T").Output()
		return string(out) == "2 idle\n"
	})
	return c
}

func (c cluster) path(name string) string { return filepath.Join(c.dir, name) }

// configure writes slurm.conf, with ports that are free.
func (c cluster) configure(t *testing.T, text string) {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"DIR": c.dir, "HOST": host, "USER": me.Username}
	for i := range 3 {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // when all are chosen
		values[fmt.Sprint("PORT", i)] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	write(t, c.path("slurm.conf"), os.Expand(text, func(key string) string { return values[key] }))
	for _, folder := range []string{"state", "n1", "n2"} {
		if err := os.Mkdir(c.path(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// start starts a daemon, which ends with this process if not before.
func (c cluster) start(t *testing.T, program string, args ...string) {
	t.Helper()
	out, err := os.OpenFile(c.path("daemons.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = append(os.Environ(), "SLURM_CONF="+c.path("slurm.conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // killAll was before
		_ = cmd.Wait()
	})
}

// slurm runs one of Slurm's programs.
func (c cluster) slurm(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// processes of the cluster, the tasks' among them, that have all of these in
// their environment: they are told by the configuration that they were given.
func (c cluster) processes(variables ...string) (ids []int) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environments {
		text, err := os.ReadFile(path)
		if err != nil { // it has ended
			continue
		}
		mine := true
		for _, v := range append(variables, "SLURM_CONF="+c.path("slurm.conf")) {
			mine = mine && bytes.Contains(append([]byte{0}, text...), []byte("\x00"+v+"\x00"))
		}
		id, err := strconv.Atoi(strings.Split(path, "/")[2])
		if mine && err == nil && id != os.Getpid() {
			ids = append(ids, id)
		}
	}
	return ids
}

// killAll leaves nothing of the cluster behind.
func (c cluster) killAll(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = exec.CommandContext(ctx, "scancel", "--signal=KILL", "--full", "--state=RUNNING").Run()
	for range 50 {
		ids := c.processes()
		for _, id := range ids {
			_ = syscall.Kill(id, syscall.SIGKILL)
		}
		if len(ids) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("processes of the cluster are left: %v", c.processes())
}

// showLogs shows the ends of the daemons' logs.
func (c cluster) showLogs(t *testing.T) {
	logs, _ := filepath.Glob(c.path("*.log"))
	for _, path := range logs {
		text, _ := os.ReadFile(path)
		t.Logf("%s:\n%s", filepath.Base(path), text[max(0, len(text)-1500):])
	}
}
