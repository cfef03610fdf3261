package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
)

// In float32 on every instruction set, and in float64.
func TestGolden(t *testing.T) {
	cases, err := GoldenCases("testdata/golden")
	if err != nil || len(cases) < 10 {
		t.Fatalf("%d cases, %v; want 7 of Hourglass and 3 of Transformer-XL", len(cases), err)
	}
	check := func(folder, how string, real graph.DType) {
		r, err := Golden(folder, real, 2)
		if err != nil {
			t.Error(err)
		} else if !r.Pass() {
			t.Errorf("%s, %s: beyond the tolerance: output %.1e (%s), loss %.1e, gradient %.1e (%s)", folder, how,
				r.Output.Value, r.Output.Of, r.Loss.Value, r.Gradient.Value, r.Gradient.Of)
		}
	}
	for _, folder := range cases {
		for _, isa := range cpu.Supported() {
			err := cpu.Using(isa, func() error {
				check(folder, isa.String(), graph.Float32)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		check(folder, "float64", graph.Float64)
	}
}

// copyCase copies a case to a folder where a test can spoil it.
func copyCase(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata/golden", name))); err != nil {
		t.Fatal(err)
	}
	return folder
}

// rewrite changes a file of tensors.
func rewrite(t *testing.T, path string, change func(tensors map[string]checkpoint.Tensor)) {
	t.Helper()
	f, err := checkpoint.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	change(f.Tensors)
	if err := checkpoint.Save(path, f); err != nil {
		t.Fatal(err)
	}
}

func TestGoldenTensorErrors(t *testing.T) {
	one := checkpoint.Tensor{Shape: []int{1}, Floats: []float32{1}}
	for _, c := range []struct {
		name, file, want string
		change           func(tensors map[string]checkpoint.Tensor)
	}{
		{"linear", "weights", `tensor "pre.norm.scale" is missing`, func(w map[string]checkpoint.Tensor) { delete(w, "pre.norm.scale") }},
		{"linear", "weights", `tensor "pre.norm.gain" [1]: the model has no such weight`, func(w map[string]checkpoint.Tensor) { w["pre.norm.gain"] = one }},
		{"linear", "weights", `tensor "out.b" is [1]: want [64]`, func(w map[string]checkpoint.Tensor) { w["out.b"] = one }},
		{"linear", "grads", `tensor "out.b" is missing`, func(w map[string]checkpoint.Tensor) { delete(w, "out.b") }},
		{"linear", "grads", `tensor "extra" [1]`, func(w map[string]checkpoint.Tensor) { w["extra"] = one }},
		{"linear", "io", `tensor "tokens" is [1]: want [2 24]`, func(w map[string]checkpoint.Tensor) { w["tokens"] = one }},
		{"linear", "io", `tensor "extra" [1]`, func(w map[string]checkpoint.Tensor) { w["extra"] = one }},
		{"transformer-xl-0", "case", `tensor "W_r" is missing`, func(w map[string]checkpoint.Tensor) { delete(w, "W_r") }},
		{"transformer-xl-0", "case", `tensor "W_qkv" is [1]`, func(w map[string]checkpoint.Tensor) { w["W_qkv"] = one }},
		{"transformer-xl-0", "case", `tensor "mem" [1]`, func(w map[string]checkpoint.Tensor) { w["mem"] = one }},
		{"transformer-xl-1", "case", `tensor "mem" is missing`, func(w map[string]checkpoint.Tensor) { delete(w, "mem") }},
		{"transformer-xl-two-segment", "case", `"P.l1.attn.r"`, func(w map[string]checkpoint.Tensor) { delete(w, "P.l1.attn.r") }},
		{"transformer-xl-two-segment", "case", `"seg1.logits" is missing`, func(w map[string]checkpoint.Tensor) { delete(w, "seg1.logits") }},
	} {
		folder := copyCase(t, c.name)
		rewrite(t, filepath.Join(folder, c.file+".safetensors"), c.change)
		_, err := Golden(folder, graph.Float32, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), folder) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestGoldenConfigErrors(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"linear", `"hourglass"`, `"hourglas"`, `unknown system "hourglas"`},
		{"linear", `1@1,2@3,1@1`, `1@1,2@3`, "hierarchy"},
		{"linear", `"shorten": "linear"`, `"shorten": "mean"`, `shorten "mean"`},
		{"linear", `"relative"`, `{"1": "relative"}`, `level 3`},
		{"linear", `"heads": 4`, `"heads": 5`, "5 heads"},
		{"linear", `"heads": 4`, `"head": 4`, `unknown field "head"`},
		{"linear", `"context": 24`, `"context": 25`, "that 3 divides"},
		{"linear", `"batch": 2`, `"batch": 1000000000`, "tokens"},
		{"linear", `"batch": 2`, `"batch": 2, "micro": 3`, `unknown key "micro"`},
		{"linear", `"dropout": 0.0`, `"dropout": 0.1`, "dropout"},
		{"linear", `"kind": "model"`, `"kind": "layer"`, `unknown kind "layer"`},
		{"linear", `"parameters": 105952`, `"parameters": 1`, "the model has 105952 parameters"},
		{"linear", `"d_model": 48`, `"d_model": 1048576`, `tensor "embed" is [64 48]: want [64 1048576]`},
		{"linear", `"d_ff": 96`, `"d_ff": 1048576`, `ff.in.w" is [48 96]: want [48 1048576]`},
		{"linear", `1@1,2@3,1@1`, `1@1,10000@3,1@1`, "more"},
		{"flat-relative", `"relative"`, `"lhs"`, `"lhs": unknown kind`},
		{"transformer-xl-0", `"transformer-xl"`, `"retnet"`, `unknown kind "retnet"`},
		{"transformer-xl-0", `"ln_eps": 1e-05`, `"ln_eps": 1e-06`, "ln_eps"},
		{"transformer-xl-1", `"mem_len": 10`, `"mem_len": 11`, `"mem" is [2 10 16]: want [2 11 16]`},
		{"transformer-xl-1", `"mem_len": 10`, `"mem_len": 1000000000000`, "mem_len"},
		{"transformer-xl-two-segment", `"tgt_len": 8`, `"tgt_len": 9`, "tokens"},
		{"transformer-xl-two-segment", `"n_segments": 2`, `"n_segments": -2`, "n_segments -2"},
		{"transformer-xl-two-segment", `"n_segments": 2`, `"n_segments": 60000`, "n_segments 60000"},
		{"transformer-xl-two-segment", `"d_inner": 32`, `"d_inner": 1048576`, `ff.in.w" is [16 32]: want [16 1048576]`},
		{"transformer-xl-two-segment", `"d_head": 8`, `"d_head": 1000000000000`, "d_head 1000000000000"},
		{"transformer-xl-0", `"d_head": 8`, `"d_head": 60000`, `attn.q.w" is [16 16]: want [16 120000]`},
		{"transformer-xl-two-segment", `"d_head": 8`, `"d_head": 0`, "head size 0"},
		{"transformer-xl-two-segment", `{`, ``, "config.json"},
		{"sparse-0", `"strided"`, `"striped"`, `pattern "striped": want strided or fixed`},
		{"sparse-0", `"split (`, `"splat (`, "want split or merged"},
		{"sparse-0", `"stride": 8`, `"stride": 0`, "stride 0: want 1"},
		{"sparse-0", `"stride": 8`, `"strides": 8`, `unknown key "strides"`},
		{"sparse-0", `"scale": 0.35`, `"scale": 0.45`, "want 1/√d_head"},
		{"sparse-1", `"c": 4`, `"c": 9`, "2 sub-blocks of c 9: want at most stride 16"},
		{"sparse-1", `"L": 64`, `"L": 1000000000`, "L 1000000000: want 1 to"},
		{"sparse-1", `"L": 64`, `"L": 63`, `want [2 63 63]`},
		{"longformer-1", `"window": 5`, `"window": -5`, "window -5: want 1"},
		{"longformer-0", "  1,\n", ``, "want one for each of H 2"},
		{"bigbird-0", `"n_blocks": 12`, `"n_blocks": 11`, "want 12 blocks"},
		{"bigbird-0", `"n_random": 1`, `"n_random": 2`, `"rand_blocks" is [2 12 1]: want [2 12 2]`},
		{"reformer-local-0", `"chunk_len": 8`, `"chunk_len": 0`, "chunk_len 0"},
	} {
		folder := copyCase(t, c.name)
		path := filepath.Join(folder, "config.json")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		spoilt := strings.Replace(string(data), c.old, c.new, 1)
		if spoilt == string(data) {
			t.Fatalf("%s: no %s", c.name, c.old)
		}
		if err := os.WriteFile(path, []byte(spoilt), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Golden(folder, graph.Float32, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.new, err, c.want)
		}
	}
	if _, err := Golden(t.TempDir(), graph.Float32, 1); err == nil {
		t.Error("an empty folder was accepted")
	}
}

func TestGoldenCases(t *testing.T) {
	const all = "testdata/golden"
	cases, err := GoldenCases(all)
	if err != nil || len(cases) < 10 {
		t.Errorf("%v, %v", cases, err)
	}
	one := filepath.Join(all, "linear")
	if cases, err := GoldenCases(one, one); err != nil || !slices.Equal(cases, []string{one, one}) {
		t.Errorf("%v, %v", cases, err)
	}
	outer := t.TempDir()
	if err := os.CopyFS(filepath.Join(outer, "a", "b"), os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	if cases, err := GoldenCases(outer); err != nil || !slices.Equal(cases, []string{filepath.Join(outer, "a", "b")}) {
		t.Errorf("%v, %v", cases, err)
	}
	for folder, want := range map[string]string{t.TempDir(): "no golden case", "nowhere": "nowhere", filepath.Join(one, "config.json"): "not a directory"} {
		if cases, err := GoldenCases(all, folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", folder, cases, err, want)
		}
	}
	if folder, ok := SourceGolden("testdata"); !ok || !strings.HasSuffix(folder, filepath.Join("verify", "testdata", "golden")) {
		t.Errorf("from here the cases are in %q, %v", folder, ok)
	}
	if folder, ok := SourceGolden(t.TempDir()); ok {
		t.Errorf("from a folder elsewhere the cases are in %q", folder)
	}
}

// Wrong numbers do not pass.
func TestGoldenFails(t *testing.T) {
	for _, name := range []string{"logits", "loss", "out.b"} {
		folder := copyCase(t, "average-repeat")
		file := "io"
		if name == "out.b" {
			file = "grads"
		}
		rewrite(t, filepath.Join(folder, file+".safetensors"), func(w map[string]checkpoint.Tensor) { w[name].Floats[0] += 1e-3 })
		r, err := Golden(folder, graph.Float32, 1)
		if err != nil || r.Pass() {
			t.Errorf("%s off by 1e-3: %+v, %v", name, r, err)
		}
	}
}

// Whatever a config says of a case's tensors: an error or a result, no panic,
// no memory that the tensors do not justify.
func FuzzGolden(f *testing.F) {
	kinds := []string{"average-repeat", "flat-relative", "transformer-xl-1", "transformer-xl-two-segment"}
	for i, name := range kinds {
		data, err := os.ReadFile(filepath.Join("testdata/golden", name, configName))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), data)
	}
	f.Fuzz(func(t *testing.T, kind uint8, config []byte) {
		folder := copyCase(t, kinds[int(kind)%len(kinds)])
		if err := os.WriteFile(filepath.Join(folder, configName), config, 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err := Golden(folder, graph.Float32, 1); err != nil && r.Pass() {
			t.Errorf("%+v passes in spite of %v", r, err)
		}
	})
}

// Whatever a config says: an error or a model, no panic.
func FuzzGoldenConfig(f *testing.F) {
	paths, err := filepath.Glob("testdata/golden/*/config.json")
	if err != nil || len(paths) == 0 {
		f.Fatal(paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var model goldenModel
		if err := decode(data, &model); err == nil {
			if m, err := model.build(); err == nil && m.Divisor() < 1 {
				t.Errorf("divisor %d", m.Divisor())
			}
		}
		var xl goldenXL
		if err := decode(data, &xl); err == nil {
			xl.build(1)
		}
	})
}
