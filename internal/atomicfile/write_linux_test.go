package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
	"testing"
)

// A device is written to, and its errors are told. The test makes devices of its
// own, the null and the full one.
func TestDeviceIsWrittenTo(t *testing.T) {
	folder(t)
	for name, minor := range map[string]int{"null": 3, "full": 7} {
		if err := syscall.Mknod(name, syscall.S_IFCHR|0o600, 1<<8|minor); err != nil {
			t.Skipf("only root makes devices: %v", err)
		}
	}
	if f, err := os.OpenFile("null", os.O_WRONLY, 0); err != nil {
		t.Skipf("devices cannot be used in this folder: %v", err)
	} else {
		f.Close()
	}
	if err := Write("null", []byte("content")); err != nil {
		t.Error(err)
	}
	if err := Write("full", []byte("content")); err == nil || err.Error() != "full: no space left on device" {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"null", "full"} {
		if info, err := os.Lstat(name); err != nil || info.Mode().Type() != fs.ModeDevice|fs.ModeCharDevice {
			t.Errorf("%s has become %v, %v", name, info.Mode(), err)
		}
	}
	noneLeft(t)
}
