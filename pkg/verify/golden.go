package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
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

// GoldenTolerance of golden cases: absolute on outputs and losses, relative L2 on
// each gradient.
const GoldenTolerance = 1e-5

// gradientFloor is the norm of a gradient's error that passes whatever the
// gradient: some are zero in theory, and noise in the original.
const gradientFloor = 1e-7

// GoldenResult compares a model with what an original implementation computed
// from the same weights.
type GoldenResult struct {
	Case     string `json:"case"`     // its folder
	Kind     string `json:"kind"`     // model, or a baseline
	Output   Error  `json:"output"`   // largest absolute error of logits and other outputs
	Loss     Error  `json:"loss"`     // absolute, in nats
	Gradient Error  `json:"gradient"` // largest ‖error‖/(‖golden‖ + 1e-2), which the tolerance of 1e-5 bounds
}

// Pass says whether all errors are within the tolerances.
func (r GoldenResult) Pass() bool {
	return within(r.Largest(), GoldenTolerance).Pass
}

// Largest is the largest of the three errors, and of what.
func (r GoldenResult) Largest() Error {
	var worst Error
	for _, e := range []Error{r.Output, r.Loss, r.Gradient} {
		if e.Of != "" {
			worst.add(e.Of, e.Value)
		}
	}
	return worst
}

// GoldenProofs are the cases in these folders, in float32.
func GoldenProofs(folders []string) []Proof {
	var all []Proof
	for _, folder := range folders {
		all = append(all, Proof{"golden vectors", filepath.Base(folder), func(threads int) (Verdict, error) {
			r, err := Golden(folder, graph.Float32, threads)
			return within(r.Largest(), GoldenTolerance), err
		}})
	}
	return all
}

// Golden runs the case in a folder, in float32 or, to tell rounding from
// mistakes, float64. It errs on a case that it cannot run: a file, a tensor or
// a key that is missing, unknown or misshapen.
func Golden(folder string, real graph.DType, threads int) (GoldenResult, error) {
	c := &golden{folder: folder, real: real, threads: threads}
	c.result.Case = folder
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

// goldenKinds are the kinds of cases: what config.json calls baseline, or else
// kind.
var goldenKinds = map[string]func(c *golden, config []byte) error{
	"model":          (*golden).model,
	"transformer-xl": (*golden).transformerXL,
	"sparse":         (*golden).sparse,
	"longformer":     (*golden).longformer,
	"bigbird":        (*golden).bigBird,
	"reformer":       (*golden).reformer,
	"performer":      (*golden).performer,
	"routing":        (*golden).routing,
}

func (c *golden) run() error {
	data, err := c.config()
	if err != nil {
		return err
	}
	var head struct {
		Kind     string `json:"kind"`
		Baseline string `json:"baseline"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	c.result.Kind = cmp.Or(head.Baseline, head.Kind)
	run, ok := goldenKinds[c.result.Kind]
	if !ok {
		return fmt.Errorf("config.json: unknown kind %q: want one of %s", c.result.Kind, strings.Join(slices.Sorted(maps.Keys(goldenKinds)), ", "))
	}
	return run(c, data)
}

// maxConfig bounds the bytes of config.json, which take some hundred.
const maxConfig = 1 << 20

func (c *golden) config() ([]byte, error) {
	f, err := os.Open(filepath.Join(c.folder, configName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(data) > maxConfig {
		err = fmt.Errorf("config.json: more than %d bytes: no configuration of a case", maxConfig)
	}
	return data, err
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
	for _, field := range reflect.VisibleFields(t) {
		delete(keys, field.Tag.Get("json"))
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
	c.result.Gradient.add(name, math.Sqrt(diff)/(math.Sqrt(norm)+gradientFloor/GoldenTolerance))
}
