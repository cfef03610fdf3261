// Package sweeps turns sweep files into specs, and runs those that are missing.
//
// A sweep is a comparison: a base spec, the axes along which its points
// differ, and the protocol that says what is held equal between them. Parse
// or Load reads one, Expand gives its points, Run does what the store does not
// have yet. The files of this folder are embedded; List names them.
//
//	name: example
//	description: two depths at three learning rates each
//	protocol: P1                     # equal steps, tokens and data order
//	base:                            # a partial spec; see bench.ParseSpec
//	  model: {system: transformer, d_model: 64}
//	  train: {context: 252, batch: 2}
//	axes:                            # the points are all combinations
//	  model.hierarchy: [2@1, 4@1]    # values for one key of the spec,
//	  rates:                         # or partial specs under a name of one's own
//	    - train: {lr: 1e-3, warmup: 50}
//	    - train: {lr: 2e-3}
//	    - train: {lr: 4e-3}
//	exclude:                         # leave out the points that match
//	  - {model: {hierarchy: 4@1}, train: {lr: 4e-3}}
//	budget: {tokens: 1e6}            # of each point, in place of train.steps
package sweeps

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"hgbench/bench"
	"hgbench/bench/strict"
	"hgbench/results"
)

// Sweep is a sweep file, parsed and checked but for what only costs can tell.
type Sweep struct {
	Name        string
	Description string           // one line
	Protocol    results.Protocol // empty for a sweep that only plans
	PlanOnly    bool             // points are planned and measured, not trained

	file   string
	points []Point // budgets unresolved
}

// file is a sweep file as written.
type file struct {
	Name        string      `yaml:"name"`
	Description string      `yaml:"description"`
	Protocol    string      `yaml:"protocol"`
	PlanOnly    bool        `yaml:"plan_only"`
	Base        yaml.Node   `yaml:"base"`
	Axes        yaml.Node   `yaml:"axes"`
	Exclude     []yaml.Node `yaml:"exclude"`
	Budget      yaml.Node   `yaml:"budget"`
}

// A name becomes a folder of results.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`)

var protocols = map[results.Protocol]string{
	results.P1: "equal steps, tokens and data order",
	results.P2: "equal necessary FLOPs",
	results.P3: "the envelope over several sizes",
}

// Parse reads a sweep file. name is what errors call it, and without its
// extension the name of a sweep that gives itself none.
//
// As with specs, every unknown key, wrong type and impossible combination is
// an error of one line with file, line, key and what would be right, joined.
//
// Assignments KEY=VALUE (see bench.Spec.Set) override keys of the base.
func Parse(name string, src []byte, set ...string) (*Sweep, error) {
	root, err := strict.Parse(name, src)
	if err != nil {
		return nil, err
	}
	d := &strict.Decoder{File: name}
	var f file
	d.Decode(root, "", &f)
	s := &Sweep{Name: f.Name, Description: strings.TrimSpace(f.Description), Protocol: results.Protocol(f.Protocol), PlanOnly: f.PlanOnly, file: name}
	if !d.Given("name") {
		s.Name = strings.TrimSuffix(path.Base(strings.ReplaceAll(name, `\`, "/")), path.Ext(name))
	}
	if !validName.MatchString(s.Name) {
		d.Fail("name", "%q; want letters, digits, - . and _, as results go to a folder of that name", s.Name)
	}
	if strings.ContainsAny(s.Description, "\n\r") {
		d.Fail("description", "several lines; want one")
	}
	checkProtocol(d, s)
	axes := parseAxes(d, &f.Axes)
	if err := f.override(set, axes); err != nil {
		return nil, fmt.Errorf("sweep %s: %w", s.Name, err)
	}
	base := f.base(d)
	for i := range f.Exclude {
		checkPatch(d, &f.Exclude[i], fmt.Sprintf("exclude[%d]", i))
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	if s.points, err = combine(name, base, axes); err != nil {
		return nil, err
	}
	if s.points, err = leaveOut(name, s.points, f.Exclude); err != nil {
		return nil, err
	}
	return s, nil
}

func checkProtocol(d *strict.Decoder, s *Sweep) {
	_, known := protocols[s.Protocol]
	switch {
	case s.PlanOnly && s.Protocol != "":
		d.Fail("protocol", "%s in a sweep that trains nothing; leave it out, or plan_only", s.Protocol)
	case !s.PlanOnly && !known:
		d.Fail("protocol", "%q; want P1 (%s), P2 (%s) or P3 (%s)", s.Protocol, protocols[results.P1], protocols[results.P2], protocols[results.P3])
	}
}

// base is the base spec's node with the sweep's budget in it.
func (f *file) base(d *strict.Decoder) *yaml.Node {
	if f.Base.Kind != 0 {
		checkPatch(d, &f.Base, "base")
	}
	if f.Budget.Kind == 0 {
		return &f.Base
	}
	var b bench.Budget
	d.Decode(&f.Budget, "budget", &b)
	if err := b.Validate(); err != nil {
		d.Fail("budget", "%v", err)
	}
	switch {
	case b.IsZero():
		d.Fail("budget", "empty; want one of steps, tokens, seconds and flops, or leave it out and set base.train.steps")
	case d.Given("base.budget"):
		d.Fail("base.budget", "given beside the sweep's budget; want one of them")
	case d.Given("base.train.steps"):
		d.Fail("base.train.steps", "given beside the sweep's budget of %s; want one of them", b)
	}
	return merge(&f.Base, nest("budget", &f.Budget))
}

// checkPatch reports unknown keys and wrong types of a partial spec. Whether
// its values are possible depends on what it is merged with.
func checkPatch(d *strict.Decoder, n *yaml.Node, key string) {
	s := bench.DefaultSpec()
	d.Decode(n, key, &s)
}
