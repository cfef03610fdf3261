package main

import (
	"path/filepath"
	"testing"

	"hgbench/notebooks/kernel"
)

// foreignKernel puts a kernel of another installation where Jupyter looks.
func foreignKernel(t *testing.T) (folder string) {
	t.Helper()
	data := t.TempDir()
	t.Setenv("JUPYTER_DATA_DIR", data)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(data, "cache"))
	folder = filepath.Join(data, "kernels", kernel.Name)
	write(t, filepath.Join(folder, "kernel.json"), `{"argv": ["gophernotes"], "display_name": "Go", "language": "go"}`)
	return folder
}

func TestKernelStatus(t *testing.T) {
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	contains(t, ok(t, "kernel", "status"), "Go", "C compiler", "jupyter", `not installed: "hgbench kernel install" does it`)
	if s := okJSON[kernel.Status](t, "kernel", "status", "--json"); s.Found || s.Tools.Go == "" {
		t.Errorf("status %+v: want Go, and no kernel", s)
	}
	contains(t, ok(t, "kernel", "status", "--json"), `"tools": {`, `"found": false`)
	folder := foreignKernel(t)
	contains(t, ok(t, "kernel", "status"), folder, "of another installation", "--force")
}

// TestKernelForeign: without a terminal nobody can be asked, and the answer is no.
func TestKernelForeign(t *testing.T) {
	folder := foreignKernel(t)
	got := hgbench(t, "kernel", "uninstall")
	if got.status != exitError || !exists(folder) {
		t.Errorf("status %d: want 1, and the kernel still there", got.status)
	}
	contains(t, got.stderr, "hgbench: the kernelspec "+folder+" is of another installation; --force removes it\n")
	ok(t, "kernel", "uninstall", "--force")
	if exists(folder) {
		t.Error("--force did not remove it")
	}
}

func TestKernelOutsideOfSource(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	got := hgbench(t, "kernel", "install")
	if got.status != exitError || got.stdout != "" {
		t.Errorf("status %d, stdout %q: want 1 and nothing", got.status, got.stdout)
	}
	contains(t, got.stderr, "is not in the source of hgbench", "clone of the repository")
}
