package data

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// batchFile returns n pictures in CIFAR-10's format. Sub-pixel (pixel, colour) of picture i is i + 10·colour + pixel, modulo 256.
func batchFile(first, n int) []byte {
	var file []byte
	for i := first; i < first+n; i++ {
		file = append(file, byte(i%labels))
		for colour := range 3 {
			for pixel := range plane {
				file = append(file, byte(i+10*colour+pixel))
			}
		}
	}
	return file
}

// pictureFolder writes the files into a folder.
func pictureFolder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOpenPictures(t *testing.T) {
	folder := pictureFolder(t, map[string][]byte{
		"data_batch_1.bin": batchFile(0, 20),
		"data_batch_2.bin": batchFile(20, 25),
		"test_batch.bin":   batchFile(45, 3),
		"batches.meta.txt": []byte("airplane\n"),
	})
	file := writeFile(t, "some.bin", batchFile(0, 45))
	for _, test := range []struct {
		path               string
		train, valid, test int // pictures
	}{{folder, 43, 2, 3}, {file, 41, 2, 2}} {
		c := open(t, "cifar10:"+test.path)
		if len(c.Train) != test.train*3072 || len(c.Valid) != test.valid*3072 || len(c.Test) != test.test*3072 {
			t.Errorf("splits of %d, %d, %d tokens, want %d, %d, %d pictures", len(c.Train), len(c.Valid), len(c.Test), test.train, test.valid, test.test)
		}
		if c.Unit != SubPixel || c.RowLen != 3072 || c.Vocab != 256 || len(c.SHA256) != 64 {
			t.Errorf("unit %s, rows of %d, vocabulary %d, hash %q", c.Unit, c.RowLen, c.Vocab, c.SHA256)
		}
		all := bytes.Join([][]byte{c.Train, c.Valid, c.Test}, nil)
		for i, got := range all {
			picture, pixel, colour := i/3072, i%3072/3, i%3
			if want := byte(picture + 10*colour + pixel); got != want {
				t.Fatalf("picture %d, pixel %d, colour %d: %d, want %d", picture, pixel, colour, got, want)
			}
		}
	}
}

func TestOpenPicturesErrors(t *testing.T) {
	badLabel := batchFile(0, 20)
	badLabel[7*pictureRecord] = 10
	tests := []struct {
		name, path string
		want       []string
	}{
		{"no test batch", pictureFolder(t, map[string][]byte{"data_batch_1.bin": batchFile(0, 20)}), []string{"test_batch.bin"}},
		{"no training batch", pictureFolder(t, map[string][]byte{"test_batch.bin": batchFile(0, 20)}), []string{"data_batch_1.bin"}},
		{"half a picture", writeFile(t, "half.bin", batchFile(0, 20)[:5000]), []string{"half.bin", "5000 bytes", "multiple of 3073"}},
		{"empty", writeFile(t, "empty.bin", nil), []string{"0 bytes"}},
		{"label", writeFile(t, "label.bin", badLabel), []string{"label.bin", "picture 7", "label 10", "0 to 9"}},
		{"few", writeFile(t, "few.bin", batchFile(0, 19)), []string{"19 pictures", "at least 20"}},
		{"few to train", pictureFolder(t, map[string][]byte{"data_batch_1.bin": batchFile(0, 19), "test_batch.bin": batchFile(0, 9)}), []string{"too few"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(t.Context(), "cifar10:"+test.path)
			wantError(t, err, append(test.want, "corpus cifar10:")...)
		})
	}
}

func FuzzPictures(f *testing.F) {
	f.Add(batchFile(0, 20))
	f.Add(batchFile(0, 21)[:3073*20+1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		path := writeFile(t, "fuzz.bin", content)
		c, err := readPictures(path)
		if err != nil {
			return
		}
		defer c.Close()
		if n := len(c.Train) + len(c.Valid) + len(c.Test); n != len(content)/pictureRecord*pictureLen {
			t.Errorf("%d tokens of %d bytes", n, len(content))
		}
	})
}
