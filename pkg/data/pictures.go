package data

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// A record of CIFAR-10's binary version (Krizhevsky 2009, www.cs.toronto.edu/~kriz/cifar.html): the label, then the red, the
// green and the blue plane of 32×32 pixels, row by row.
const (
	plane         = 32 * 32
	pictureLen    = 3 * plane
	pictureRecord = 1 + pictureLen
	labels        = 10
)

// openPictures opens CIFAR-10 at path: the folder with data_batch_*.bin, of which the last 5 % of the pictures validate (the
// data set itself has no validation split), and test_batch.bin; or a single such file, split 90/5/5.
//
// A picture is a sequence of 3072 sub-pixels in raster order, red, green and blue of one pixel next to each other, as in
// the Sparse Transformer (Child et al. 2019) and Hourglass.
func openPictures(name, path string) (*Corpus, error) {
	c, err := readPictures(path)
	if err != nil {
		return nil, fmt.Errorf("corpus %s: %w", name, err)
	}
	c.Name = name
	return c, nil
}

func readPictures(path string) (*Corpus, error) {
	files := []string{path}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "data_batch_*.bin")); err != nil {
			return nil, err
		}
		slices.Sort(files)
		files = append(files, filepath.Join(path, "test_batch.bin"))
		if len(files) == 1 || !isFile(files[len(files)-1]) {
			return nil, errors.New("want a folder with data_batch_1.bin (and so on) and test_batch.bin, as in cifar-10-binary.tar.gz")
		}
	}
	var total, last int
	for _, file := range files {
		if last, err = countPictures(file); err != nil {
			return nil, err
		}
		total += last
	}
	train, valid := splits(total)
	if info.IsDir() {
		valid = (total - last) / 20
		train = total - last - valid
	}
	if valid == 0 {
		return nil, fmt.Errorf("%s has too few of its %d pictures to train on: want at least 20, of which 5 %% are one", path, total)
	}
	all, err := allocate(total * pictureLen)
	if err != nil {
		return nil, err
	}
	rest := all
	for _, file := range files {
		if rest, err = decodePictures(file, rest); err != nil {
			return nil, errors.Join(err, unmap(all))
		}
	}
	if len(rest) > 0 {
		return nil, errors.Join(fmt.Errorf("the files of %s shrank while they were read", path), unmap(all))
	}
	sum := sha256.Sum256(all)
	train, valid = train*pictureLen, valid*pictureLen
	return &Corpus{
		Path:    path,
		SHA256:  hex.EncodeToString(sum[:]),
		Unit:    SubPixel,
		Vocab:   Vocab,
		Train:   all[:train:train],
		Valid:   all[train : train+valid : train+valid],
		Test:    all[train+valid:],
		RowLen:  pictureLen,
		release: func() error { return unmap(all) },
	}, nil
}

// countPictures returns the number of pictures that a file's size amounts to.
func countPictures(path string) (int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 || info.Size()%pictureRecord != 0 {
		return 0, fmt.Errorf("%s has %d bytes, want a multiple of %d: a label and 3×32×32 sub-pixels per picture (CIFAR-10, binary version)",
			path, info.Size(), pictureRecord)
	}
	return int(info.Size() / pictureRecord), nil
}

// decodePictures fills dst with the pictures of a file and returns what is left of dst.
func decodePictures(path string, dst []byte) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64*pictureRecord)
	var record [pictureRecord]byte
	for n := 0; ; n++ {
		if _, err := io.ReadFull(r, record[:]); err == io.EOF {
			return dst, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s, picture %d: %w", path, n, err)
		}
		if record[0] >= labels {
			return nil, fmt.Errorf("%s, picture %d: label %d, want 0 to %d (CIFAR-10, binary version)", path, n, record[0], labels-1)
		}
		if len(dst) < pictureLen {
			return nil, fmt.Errorf("%s grew while it was read", path)
		}
		planes := record[1:]
		for i := range plane {
			dst[3*i], dst[3*i+1], dst[3*i+2] = planes[i], planes[plane+i], planes[2*plane+i]
		}
		dst = dst[pictureLen:]
	}
}

// isPictureFolder reports whether dir looks like CIFAR-10's binary version.
func isPictureFolder(dir string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "data_batch_*.bin"))
	return err == nil && len(files) > 0
}
