package checkpoint

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever single bit of a saved file flips, Load errs or reads what was saved.
func TestEveryBitCounts(t *testing.T) {
	_, whole := saved(t)
	caught := 0
	for i := range whole {
		for bit := range 8 {
			damaged := bytes.Clone(whole)
			damaged[i] ^= 1 << bit
			f, err := Decode(damaged)
			if err != nil {
				caught++
			} else if !cmp.Equal(f.Tensors, sample().Tensors) || f.Metadata["step"] != "17" {
				t.Errorf("bit %d of byte %d: read as %v", bit, i, f)
			}
		}
	}
	if caught < 8*len(whole)*9/10 { // the others are spaces, and the key of the sum itself
		t.Errorf("%d of %d flipped bits were noticed", caught, 8*len(whole))
	}
	for cut := range whole {
		if _, err := Decode(whole[:cut]); err == nil {
			t.Errorf("the first %d of %d bytes were read", cut, len(whole))
		}
	}
}

func TestWrongSum(t *testing.T) {
	path, data := saved(t)
	data[len(data)-1] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path+": its SHA-256 is ") {
		t.Errorf("error %v", err)
	}
}

// Machines of either byte order write the same file.
func TestByteOrder(t *testing.T) {
	floats := []float32{1, -2.5, math.MaxFloat32}
	little := bytes.Clone(bytesOf(floats))
	if want := []byte{0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 0xff, 0xff, 0x7f, 0x7f}; !bytes.Equal(little, want) {
		t.Errorf("% x, want % x", little, want)
	}
	if twice := swapped(swapped(little)); !bytes.Equal(twice, little) {
		t.Errorf("% x", twice)
	}
	got := make([]float32, len(floats))
	if err := read(bytes.NewReader(little), got); err != nil || !slices.Equal(got, floats) {
		t.Errorf("%v, %v; want %v", got, err, floats)
	}
}
