package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/graph"
)

// Tolerances of golden cases: absolute on outputs, relative L2 on each gradient
// plus an absolute part, for gradients that are zero in theory.
const (
	outputTolerance   = 1e-5
	gradientTolerance = 1e-5
	gradientFloor     = 1e-7
)

// GoldenResult compares a model with what an original implementation computed
// from the same weights.
type GoldenResult struct {
	Case     string
	Output   Error // largest absolute error of logits and other outputs
	Loss     Error // absolute, in nats
	Gradient Error // largest ‖error‖/(‖golden‖ + 1e-2), which the tolerance of 1e-5 bounds
}

// Error is the largest of several, and whose it is.
type Error struct {
	Value float64
	Of    string
}

func (e *Error) add(of string, value float64) {
	if !(value <= e.Value) || e.Of == "" { // NaN is the largest
		*e = Error{value, of}
	}
}

// Pass says whether all errors are within the tolerances.
func (r GoldenResult) Pass() bool {
	return r.Output.Value <= outputTolerance && r.Loss.Value <= outputTolerance && r.Gradient.Value <= gradientTolerance
}

// Golden runs the case in a folder, in float32 or, to tell rounding from
// mistakes, float64. It errs on a case that it cannot run: a file, a tensor or
// a key that is missing, unknown or misshapen.
func Golden(folder string, real graph.DType, threads int) (GoldenResult, error) {
	c := &golden{folder: folder, real: real, threads: threads}
	c.result.Case = filepath.Base(folder)
	if err := c.run(); err != nil {
		return c.result, fmt.Errorf("golden case %s: %w", folder, err)
	}
	return c.result, nil
}

// golden is a case while it runs.
type golden struct {
	folder  string
	real    graph.DType
	threads int
	result  GoldenResult
}

func (c *golden) run() error {
	path := filepath.Join(c.folder, "config.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var head struct {
		Kind     string `json:"kind"`
		Baseline string `json:"baseline"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case head.Baseline == "transformer-xl":
		return c.transformerXL(data)
	case head.Baseline != "":
		return fmt.Errorf("%s: unknown baseline %q; want transformer-xl", path, head.Baseline)
	case head.Kind == "model":
		return c.model(data)
	}
	return fmt.Errorf("%s: unknown kind %q; want model, or a baseline", path, head.Kind)
}

// caseFile is a file of the case that knows which tensors have been asked for.
type caseFile struct {
	*checkpoint.File
	used map[string]bool
}

func (c *golden) load(name string) (caseFile, error) {
	f, err := checkpoint.Load(filepath.Join(c.folder, name))
	return caseFile{f, map[string]bool{}}, err
}

// Floats is checkpoint.File.Floats.
func (f caseFile) Floats(name string, shape ...int) ([]float32, error) {
	f.used[name] = true
	return f.File.Floats(name, shape...)
}

// Ints is checkpoint.File.Ints.
func (f caseFile) Ints(name string, shape ...int) ([]int32, error) {
	f.used[name] = true
	return f.File.Ints(name, shape...)
}

// rest errs on tensors that nothing asked for.
func (f caseFile) rest() error {
	for _, name := range slices.Sorted(maps.Keys(f.Tensors)) {
		if !f.used[name] {
			return fmt.Errorf("tensor %q %v: the case has no use for it", name, f.Tensors[name].Shape)
		}
	}
	return nil
}

// decode reads config.json. Unknown keys are errors unless they hold text: what
// a note says changes no number, what a setting says may.
func decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &keys); err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	t := reflect.TypeOf(into).Elem()
	for i := range t.NumField() {
		delete(keys, t.Field(i).Tag.Get("json"))
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !strings.HasPrefix(string(keys[key]), `"`) {
			return fmt.Errorf("config.json: unknown key %q: %s", key, keys[key])
		}
	}
	return nil
}

// output compares a tensor with a golden one.
func (c *golden) output(name string, got []float64, want []float32) {
	worst := 0.0
	for i, w := range want {
		if d := math.Abs(got[i] - float64(w)); !(d <= worst) {
			worst = d
		}
	}
	c.result.Output.add(name, worst)
}

// gradient compares a gradient with a golden one. Nil is a gradient of zeros.
func (c *golden) gradient(name string, got []float64, want []float32) {
	var diff, norm float64
	for i, w := range want {
		g := 0.0
		if got != nil {
			g = got[i]
		}
		diff += (g - float64(w)) * (g - float64(w))
		norm += float64(w) * float64(w)
	}
	c.result.Gradient.add(name, math.Sqrt(diff)/(math.Sqrt(norm)+gradientFloor/gradientTolerance))
}
