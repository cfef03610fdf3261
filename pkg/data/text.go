package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// openKnown opens a corpus of the catalog and holds it to its published hash.
func openKnown(ctx context.Context, s source) (*Corpus, error) {
	path, err := s.locate(ctx)
	if errors.Is(err, fs.ErrNotExist) && s.module {
		path, err = s.fetch(ctx, "", nil)
	}
	if err != nil {
		return nil, err
	}
	c, err := openText(s.name, path)
	if err != nil {
		return nil, err
	}
	if c.SHA256 != s.sha256 {
		return nil, errors.Join(damaged(path, c.SHA256, s), c.Close())
	}
	return c, nil
}

// damaged is the error for a file that is not what its name promises.
func damaged(path, sum string, s source) error {
	return fmt.Errorf("corpus %s is damaged: SHA-256 of %s is %s, want %s; run \"hgbench data get %[1]s\" to get it anew",
		s.name, path, sum, s.sha256)
}

// openText opens a file whose bytes are tokens. The file is mapped, not copied, and hashed through the mapping: that reads
// every page, so the process's resident memory has the whole corpus in it from here on and does not grow while it trains.
func openText(name, path string) (*Corpus, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("corpus %s: %w", name, err)
	}
	if info.IsDir() {
		if isPictureFolder(path) {
			return nil, fmt.Errorf("corpus %s is a folder of pictures: write cifar10:%s", name, path)
		}
		return nil, fmt.Errorf("corpus %s is a folder: want a file of text, or cifar10:PATH for pictures", name)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("corpus %s: %s is not a regular file", name, path)
	}
	if info.Size() < 20 {
		return nil, fmt.Errorf("corpus %s: %s has %d bytes, want at least 20, of which 5 %% are one", name, path, info.Size())
	}
	all, file, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("corpus %s: %w", name, err)
	}
	opened := stampOf(file) // before it is hashed, so that nothing changes unseen after that
	sum := sha256.Sum256(all)
	train, valid := splits(len(all))
	return &Corpus{
		Name:   name,
		Path:   path,
		SHA256: hex.EncodeToString(sum[:]),
		Unit:   Byte,
		Vocab:  Vocab,
		Train:  all[:train:train],
		Valid:  all[train : train+valid : train+valid],
		Test:   all[train+valid:],
		release: func() error {
			if file == nil {
				return unmap(all)
			}
			return errors.Join(unmap(all), file.Close())
		},
		file:   file,
		opened: opened,
	}, nil
}

// splits returns the sizes of the training and the validation split of n things; the test split has as many as the latter.
func splits(n int) (train, valid int) {
	valid = n / 20
	return n - 2*valid, valid
}
