package checkpoint

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() *File {
	return &File{
		Tensors: map[string]Tensor{
			"embed":  {Shape: []int{2, 3}, Floats: []float32{1, -2, 3.5, 0, math.MaxFloat32, 1e-45}},
			"loss":   {Shape: []int{}, Floats: []float32{0.25}},
			"tokens": {Shape: []int{4}, Ints: []int32{0, -1, math.MaxInt32, math.MinInt32}},
		},
		Metadata: map[string]string{"step": "17"},
	}
}

// saved is the sample in a file, and what that holds.
func saved(t testing.TB) (path string, content []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "w.safetensors")
	if err := Save(path, sample()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, content
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for range 2 { // the second replaces the first
		if err := Save(path, sample()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Error(diff)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("folder holds %v, %v; want the file alone", left, err)
	}
}

func TestSaveErrors(t *testing.T) {
	folder := t.TempDir()
	for name, c := range map[string]struct {
		tensor Tensor
		want   string
	}{
		"nan":   {Tensor{Shape: []int{2}, Floats: []float32{0, float32(math.NaN())}}, `"nan": element 1 is NaN`},
		"short": {Tensor{Shape: []int{3}, Floats: []float32{0}}, `"short" is [3]: has 1 float32`},
		"empty": {Tensor{Shape: []int{0}, Floats: []float32{}}, "axes of at least 1"},
		"both":  {Tensor{Shape: []int{2}, Floats: []float32{0}, Ints: []int32{0}}, "of one type"},
	} {
		path := filepath.Join(folder, name)
		err := Save(path, &File{Tensors: map[string]Tensor{name: c.tensor}})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := Save(filepath.Join(folder, "no", "such"), sample()); err == nil {
		t.Error("saved into a folder that is not there")
	}
}

// file makes a safetensors file of a header and data.
func file(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

func TestHostileFiles(t *testing.T) {
	nan := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN())))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":      {nil, "too short"},
		"seven bytes":  {make([]byte, 7), "too short"},
		"huge header":  {binary.LittleEndian.AppendUint64(nil, 1<<62), "header of 4611686018427387904 bytes"},
		"long header":  {binary.LittleEndian.AppendUint64(nil, 1<<20), "header of 1048576 bytes in a file of 8"},
		"not JSON":     {file(`{{`), "safetensors"},
		"overlap":      {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, make([]byte, 12)...), "offset"},
		"gap":          {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)...), "offset"},
		"backwards":    {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, make([]byte, 8)...), "offset"},
		"truncated":    {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 7)...), "incomplete"},
		"too much":     {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 9)...), "incomplete"},
		"overflow":     {file(`{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}`, make([]byte, 8)...), "overflow"},
		"wrong type":   {file(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, make([]byte, 4)...), `tensor "a" is F16: want F32, I32 or U8`},
		"unknown type": {file(`{"a":{"dtype":"F8","shape":[4],"data_offsets":[0,4]}}`, make([]byte, 4)...), "F8"},
		"empty axis":   {file(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`), "axes from 1"},
		"NaN":          {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, nan...), `tensor "a": element 0 is NaN`},
	} {
		path := filepath.Join(t.TempDir(), "hostile")
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if _, err := Decode(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	// Nothing as large as a file says it is gets allocated before the file is known to be that large for a reason.
	sparse := filepath.Join(t.TempDir(), "sparse")
	if err := os.WriteFile(sparse, file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(sparse, 4<<40); err == nil { // where there are files with holes
		if _, err := Load(sparse); err == nil || !strings.Contains(err.Error(), "tensors of 4 bytes in a file that has 4398046511042 for them") {
			t.Errorf("a sparse file: %v", err)
		}
	}
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}

// Verify finds what Load finds, in pieces.
func TestVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	large := make([]float32, 1<<18+3)
	f := sample()
	f.Tensors["large"] = Tensor{Shape: []int{len(large)}, Floats: large}
	large[1<<18+1] = 7
	if err := Save(path, f); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
	got := make([]float32, len(large))
	if err := r.Floats(got, "large", len(large)); err != nil || !slices.Equal(got, large) {
		t.Errorf("%v, or other numbers", err)
	}
	for _, err := range []error{r.Floats(got, "large", 3), r.Floats(got, "none", 3), r.Floats(got[:4], "tokens", 4)} {
		if err == nil {
			t.Error("no error")
		}
	}
	damage, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer damage.Close()
	for _, value := range []float32{8, float32(math.Inf(1))} {
		bits := binary.LittleEndian.AppendUint32(nil, math.Float32bits(value))
		if _, err := damage.WriteAt(bits, r.start+int64(r.infos["large"].DataOffsets[0])+4*(1<<18+1)); err != nil {
			t.Fatal(err)
		}
		want := "the file is damaged"
		if value > 8 {
			want = `tensor "large": element 262145 is +Inf`
		}
		if err := r.Verify(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestFind(t *testing.T) {
	f := sample()
	if got, err := f.Floats("embed", 2, 3); err != nil || got[2] != 3.5 {
		t.Error(got, err)
	}
	if got, err := f.Ints("tokens", 4); err != nil || got[1] != -1 {
		t.Error(got, err)
	}
	for _, err := range []error{
		second(f.Floats("embed", 3, 2)), second(f.Floats("embed", 6)), second(f.Floats("none", 6)), second(f.Floats("tokens", 4)),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
	if _, err := f.Ints("embed", 2, 3); err == nil || !strings.Contains(err.Error(), "want int32") {
		t.Error(err)
	}
}

func second(_ []float32, err error) error { return err }

// Whatever the bytes: no panic, and what is accepted can be saved and read again.
func FuzzDecode(f *testing.F) {
	_, seed := saved(f)
	f.Add(seed)
	f.Add(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, make([]byte, 12)...))
	f.Add(file(`{"__metadata__":{"a":"b"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data)
		r, bad := newReader(bytes.NewReader(data), int64(len(data)))
		if bad == nil {
			bad = r.Verify()
		}
		if (err == nil) != (bad == nil) {
			t.Errorf("Decode says %v, Verify %v", err, bad)
		}
		if err != nil {
			return
		}
		for name, tensor := range got.Tensors {
			if err := tensor.check(name); err != nil {
				t.Error(err)
			}
		}
	})
}
