// Package published holds figures from papers, each with its source, for
// comparison with what was measured here. They were obtained by other people
// with other code on other machines: figures and tables that show them say so,
// and speed and memory are comparable within one paper only, as ratios.
package published

import (
	_ "embed" // the figures
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed published.json
var file []byte

// Reading tells where a figure was read.
type Reading struct {
	Source string `json:"source"`         // key of a Source
	Note   string `json:"note,omitempty"` // table or section, or what that source says differently
}

// Source that was read, which is not always the paper that a figure is from.
type Source struct {
	Key   string `json:"key"`
	Title string `json:"title"`
}

// Figure is one model's bits on one data set.
type Figure struct {
	Dataset string `json:"dataset"` // enwik8, CIFAR-10, ImageNet32 or ImageNet64
	Split   string `json:"split"`   // "test", or "" where the source names none
	Metric  string `json:"metric"`  // "bpc": bits per character, "bpd": bits per dimension
	Model   string `json:"model"`   // as the source names it

	// Autoregressive models are Hourglass's own kind. The others (flows,
	// diffusion, variational autoencoders) are set apart, as in the paper.
	Autoregressive bool `json:"autoregressive"`

	Value float64 `json:"value"` // bits, as published
	Bound bool    `json:"bound"` // Value is an upper bound: a variational model's
	Exact float64 `json:"exact"` // the same with more digits, 0 where not published
	Dev   float64 `json:"dev"`   // bits on the development set, 0 where not published

	ParametersMillions float64 `json:"parameters_millions"` // 0 where not published
	ParametersNote     string  `json:"parameters_note"`     // whose estimate it is

	Origin string    `json:"origin"` // arXiv number and table; "via" where another paper quotes it
	Remark string    `json:"remark"`
	Read   []Reading `json:"read"`
}

// Bits is the value with all published digits.
func (f Figure) Bits() float64 {
	if f.Exact != 0 {
		return f.Exact
	}
	return f.Value
}

// Sources gives the titles of what the figure was read in.
func (f Figure) Sources() []string { return titles(f.Read) }

// Table1 is the paper's comparison of Hourglass with its flat backbone.
type Table1 struct {
	Origin  string      `json:"origin"`
	Caption string      `json:"caption"`
	Read    []Reading   `json:"read"`
	Rows    []Hierarchy `json:"rows"`
}

// Hierarchy is a row of Table 1.
type Hierarchy struct {
	Hierarchy          string  `json:"hierarchy"`           // layers@total-shortening
	BPC                float64 `json:"bpc"`                 // enwik8 validation, bits
	MemoryGB           float64 `json:"memory_gb"`           // running memory
	StepsPerSecond     float64 `json:"steps_per_second"`    // on the paper's machine
	ParametersMillions float64 `json:"parameters_millions"` // rounded
}

// Table4 is the paper's shorten-factor dropout.
type Table4 struct {
	Origin  string          `json:"origin"`
	Caption string          `json:"caption"`
	Read    []Reading       `json:"read"`
	Rows    []ShortenFactor `json:"rows"`
}

// ShortenFactor is a row of Table 4.
type ShortenFactor struct {
	Hierarchy    string          `json:"hierarchy"`     // k stands for the factor
	TrainFactors []int           `json:"train_factors"` // k is drawn from these at each step
	BPCAtFactor  map[int]float64 `json:"bpc_at_factor"` // enwik8 validation bits, by the k of evaluation
}

// Ablation is one of the paper's Tables 5 to 8: one setting, two data sets.
type Ablation struct {
	Table   int           `json:"table"`
	Origin  string        `json:"origin"`
	Caption string        `json:"caption"`
	Setting string        `json:"setting"` // what the rows vary
	Read    []Reading     `json:"read"`
	Rows    []AblationRow `json:"rows"`
}

// AblationRow is one value of an Ablation's setting.
type AblationRow struct {
	Setting    string  `json:"setting"`
	Enwik8BPC  float64 `json:"enwik8_bpc"`  // validation, bits per character
	CIFAR10BPD float64 `json:"cifar10_bpd"` // bits per dimension
}

type contents struct {
	Note      string     `json:"note"`
	Sources   []Source   `json:"sources"`
	Figures   []Figure   `json:"figures"`
	Table1    Table1     `json:"table1"`
	Table4    Table4     `json:"table4"`
	Ablations []Ablation `json:"ablations"`
	LeftOut   []string   `json:"left_out"`
}

// all is never handed out, so that nobody changes it for everybody.
func all() contents {
	var c contents
	if err := json.Unmarshal(file, &c); err != nil {
		panic("results/published/published.json, embedded in this program: " + err.Error())
	}
	return c
}

var sources = sync.OnceValue(func() map[string]string {
	titles := map[string]string{}
	for _, s := range all().Sources {
		titles[s.Key] = s.Title
	}
	return titles
})

func titles(read []Reading) []string {
	var titles []string
	for _, r := range read {
		title := sources()[r.Source]
		if r.Note != "" {
			title += ": " + r.Note
		}
		titles = append(titles, title)
	}
	return titles
}

// Figures returns every figure.
func Figures() []Figure { return all().Figures }

// On returns the figures of one data set, in the order of their publication's
// tables. It is an error if there is no such data set.
func On(dataset string) ([]Figure, error) {
	var figures []Figure
	known := map[string]bool{}
	var names []string
	for _, f := range Figures() {
		if f.Dataset == dataset {
			figures = append(figures, f)
		}
		if !known[f.Dataset] {
			known[f.Dataset] = true
			names = append(names, f.Dataset)
		}
	}
	if figures == nil {
		return nil, fmt.Errorf("no published figures on %q: there are some on %q", dataset, names)
	}
	return figures, nil
}

// HourglassTable1 returns the paper's Table 1, 15 hierarchies.
func HourglassTable1() Table1 { return all().Table1 }

// HourglassTable4 returns the paper's Table 4, shorten-factor dropout.
func HourglassTable4() Table4 { return all().Table4 }

// HourglassAblations returns the paper's Tables 5 to 8: shortened layers,
// vanilla layers, upsampling, shortening.
func HourglassAblations() []Ablation { return all().Ablations }

// AllSources returns everything that was read.
func AllSources() []Source { return all().Sources }

// LeftOut names figures that are often quoted but for which no source was found.
func LeftOut() []string { return all().LeftOut }
