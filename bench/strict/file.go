package strict

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxFile bounds a file that people write, in bytes: a thousand times as much as
// any spec or sweep takes.
const maxFile = 1 << 20

// ReadFile reads a file that is to be parsed: a regular one or a pipe of at most
// 1 MiB. Devices, which may never end, are an error.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if m := info.Mode(); !m.IsRegular() && m&(fs.ModeNamedPipe|fs.ModeSocket) == 0 {
		return nil, fmt.Errorf("read %s: it is no file (%v); want a YAML file", path, m.Type())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("read %s: it has more than 1 MiB; want a YAML file of a few lines", path)
	}
	return text, err
}
