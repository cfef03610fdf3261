package data

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// extract writes the corpus, which is the given entry of a zip archive, to path: complete, verified and synced, or not at
// all. Entry names are only compared, never used as paths, and not a byte more than the corpus's size is unpacked.
func (s source) extract(ctx context.Context, archive, entry, path string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("archive %s: %w; run it again to start anew", archive, err)
	}
	defer z.Close()
	i := 0
	for i < len(z.File) && z.File[i].Name != entry {
		i++
	}
	if i == len(z.File) {
		return fmt.Errorf("archive %s has no entry %q among its %d", archive, entry, len(z.File))
	}
	// The size that the archive claims is no promise, so what comes out is counted as well.
	if size := z.File[i].UncompressedSize64; size != uint64(s.size) {
		return fmt.Errorf("archive %s: entry %s has %d bytes, want %d", archive, entry, size, s.size)
	}
	r, err := z.File[i].Open()
	if err != nil {
		return fmt.Errorf("archive %s: %w", archive, err)
	}
	defer r.Close()

	tmp, err := os.CreateTemp(filepath.Dir(path), "."+s.name+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails, rightly, once it is renamed
	defer tmp.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, h), contextReader{ctx, io.LimitReader(r, s.size+1)})
	if err != nil {
		return fmt.Errorf("unpack %s: %w", archive, err)
	}
	if sum := hex.EncodeToString(h.Sum(nil)); n != s.size || sum != s.sha256 {
		return fmt.Errorf("archive %s: entry %s has SHA-256 %s and %d bytes, want %s and %d; the archive was changed or damaged on its way",
			archive, entry, sum, n, s.sha256, s.size)
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
