package checkpoint

import (
	"bufio"
	"fmt"
	"io"
	"maps"

	"github.com/nlpodyssey/safetensors"

	"hgbench/internal/atomicfile"
)

// Save writes a file so that, whenever the machine stops, path holds either
// what it held before or all of f (see atomicfile.WriteFrom). A checksum goes into
// the metadata, which Load verifies.
//
// A process that is killed leaves its temporary file, ".NAME.*" for path NAME.
func Save(path string, f *File) error {
	views := make(map[string]view, len(f.Tensors))
	for name, t := range f.Tensors {
		if err := t.check(name); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		views[name] = view{t}
	}
	metadata := maps.Clone(f.Metadata)
	if metadata == nil {
		metadata = make(map[string]string)
	}
	metadata[sumKey] = sumOf(f).String()
	return atomicfile.WriteFrom(path, func(w io.Writer) error { return write(w, views, metadata) })
}

func write(w io.Writer, views map[string]view, metadata map[string]string) error {
	buffered := bufio.NewWriterSize(w, 1<<20)
	if err := safetensors.SerializeToWriter(views, metadata, buffered); err != nil {
		return err
	}
	return buffered.Flush()
}
