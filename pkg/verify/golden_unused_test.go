package verify

import (
	"strings"
	"testing"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/graph"
)

// The original has u and v in every model; one without relative attention does
// not use them.
func TestUnusedBiases(t *testing.T) {
	file := func(value float32, shape ...int) caseFile {
		tensors := map[string]checkpoint.Tensor{}
		for _, name := range []string{"context_bias_u", "location_bias_v"} {
			tensors[name] = checkpoint.Tensor{Shape: shape, Floats: []float32{value, value, value, value, value, value}}
		}
		return caseFile{&checkpoint.File{Tensors: tensors}, map[string]bool{}}
	}
	given := file(1, 2, 3)
	if n, err := dropUnusedBiases(nil, given, file(0, 2, 3), 2, 3); n != 12 || err != nil || len(given.Tensors) != 0 {
		t.Errorf("%d parameters dropped, %v; left %v", n, err, given.Tensors)
	}
	used := []*graph.Value{{Name: "context_bias_u"}, {Name: "location_bias_v"}}
	given = file(1, 2, 3)
	if n, err := dropUnusedBiases(used, given, file(1, 2, 3), 2, 3); n != 0 || err != nil || len(given.Tensors) != 2 {
		t.Errorf("%d used parameters dropped, %v", n, err)
	}
	for want, grads := range map[string]caseFile{"is not 0": file(1, 2, 3), "want [2 3]": file(0, 3, 2)} {
		if _, err := dropUnusedBiases(nil, file(1, 2, 3), grads, 2, 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
