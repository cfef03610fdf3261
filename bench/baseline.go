package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hgbench/pkg/data"
	"hgbench/results"
)

// FewestSeeds are those that give a tolerance: from two, a spread is known so
// badly that it would allow anything.
const FewestSeeds = 3

// Baseline is what Check holds new runs to: a .jsonl file of records, as
// Update writes it or as a results folder has it.
//
// Records whose specs differ in nothing but the seed belong together. The first
// one's seed is trained again in a check. Others of the same seed have the bits
// of other instruction sets; other seeds of one instruction set show how far
// BPC scatters, which is the tolerance where bits cannot be compared.
type Baseline struct {
	Path    string
	Records results.Records
}

// LoadBaseline reads and checks a baseline. Errors are a line that is no whole
// record; a run that failed, looks ahead, was not trained, or is there twice; a
// spec that this version does not know; an id that is not that of spec and data.
func LoadBaseline(path string) (Baseline, error) {
	b := Baseline{Path: path}
	records, warnings, err := results.ReadAll(path)
	if err != nil {
		return b, fmt.Errorf("baseline: %w", err)
	}
	b.Records = records
	var wrong []error
	for _, w := range warnings {
		wrong = append(wrong, fmt.Errorf("baseline: %v: half-written? want a whole file", w))
	}
	type run struct {
		id, isa string
		kernel  int
	}
	at := make(map[run]int)
	for i, r := range b.Records {
		err := usable(r)
		this := run{r.ID, r.Machine.ISA, r.Versions.Kernel}
		if other, ok := at[this]; ok {
			err = errors.Join(err, fmt.Errorf("it is the same run on the same instruction set as record %d; want one of them", other))
		}
		at[this] = i + 1
		if err != nil {
			wrong = append(wrong, fmt.Errorf("baseline: %s: record %d (%s): %w", path, i+1, r.ID, err))
		}
	}
	if len(b.Records) == 0 && len(wrong) == 0 {
		wrong = append(wrong, fmt.Errorf("baseline: %s has no records", path))
	}
	return b, errors.Join(wrong...)
}

// usable says why a record cannot be part of a baseline.
func usable(r results.Record) error {
	switch {
	case r.Status != results.Done:
		return fmt.Errorf("it is recorded as %s (%s); want runs that are done", r.Status, r.Error)
	case r.Causality.Leak:
		return errors.New("its model looks ahead, so its BPC is no result to hold others to")
	case r.ValidBPC == 0 || r.TestBPC == 0 || len(r.Curve) == 0:
		return errors.New("it was measured, not trained; want runs with a BPC")
	case r.Machine.Threads < 0 || r.Machine.Threads > MaxThreads: // a check takes as many
		return fmt.Errorf("it was made on %d threads; want 1 to %d", r.Machine.Threads, MaxThreads)
	}
	return errors.Join(CheckRecord(r)...)
}

// family is what specs share that differ in nothing but the seed.
func family(s Spec, corpus string) string {
	s.Seed = 0
	return s.ID(corpus)
}

// member is a record of a baseline with its spec.
type member struct {
	spec   Spec
	record results.Record
}

// families are the records that differ in nothing but seed and machine, in the
// order of the file.
func (b Baseline) families() ([][]member, error) {
	at := make(map[string]int)
	var all [][]member
	for _, r := range b.Records {
		var s Spec
		if err := s.UnmarshalJSON(r.Spec); err != nil {
			return nil, fmt.Errorf("record %s: %w", r.ID, err)
		}
		key := family(s, r.Data.SHA256)
		i, ok := at[key]
		if !ok {
			i = len(all)
			at[key] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], member{s, r})
	}
	return all, nil
}

// Expected is what a run has to come to.
type Expected struct {
	Label  string         // of the model, for people
	Spec   Spec           // to train
	Record results.Record // that is nearest to what this machine will make
	Exact  bool           // Record is of this instruction set and kernel version: the same bits
	Alike  bool           // Record is of this instruction set: the same plan
	Seeds  results.Group  // runs of one instruction set in several seeds; empty if there are too few
	Speeds results.Group  // runs of the family like Record, for the mean of their speed
}

// Expected tells what each run of a check has to come to on an instruction set
// and a kernel version. It is an error when neither bits nor a tolerance can
// tell.
func (b Baseline) Expected(isa string, kernel int) ([]Expected, error) {
	families, err := b.families()
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", b.Path, err)
	}
	var all []Expected
	var firsts results.Records
	var wrong []error
	for _, family := range families {
		e := expectedOf(family, isa, kernel)
		all = append(all, e)
		firsts = append(firsts, e.Record)
		if !e.Exact && len(e.Seeds.Records) == 0 {
			wrong = append(wrong, fmt.Errorf("baseline %s: %s was recorded on %s with kernel version %d, and this is %s with %d, so bits say nothing, and fewer than %d seeds give no tolerance; want one recorded on this, or with more seeds",
				b.Path, e.Record.Label(), e.Record.Machine.ISA, e.Record.Versions.Kernel, isa, kernel, FewestSeeds))
		}
	}
	for i, label := range firsts.Labels() {
		all[i].Label = label
	}
	return all, errors.Join(wrong...)
}

func expectedOf(family []member, isa string, kernel int) Expected {
	first := family[0]
	e := Expected{Spec: first.spec, Record: first.record}
	nearness := func(r results.Record) int {
		near := 0
		if r.Machine.ISA == isa {
			near += 2
		}
		if r.Versions.Kernel == kernel {
			near++
		}
		return near
	}
	records := recordsOf(family)
	for _, m := range family {
		if m.spec.Seed == first.spec.Seed && nearness(m.record) > nearness(e.Record) {
			e.Spec, e.Record = m.spec, m.record
		}
	}
	e.Alike = e.Record.Machine.ISA == isa
	e.Exact = e.Alike && e.Record.Versions.Kernel == kernel
	e.Speeds.Records = records.Where(func(r results.Record) bool {
		return r.Machine.ISA == e.Record.Machine.ISA && r.Machine.Threads == e.Record.Machine.Threads
	})
	e.Seeds = mostSeeds(records)
	return e
}

// mostSeeds are the runs of the instruction set and kernel version that has
// most seeds; none where those are too few.
func mostSeeds(records results.Records) results.Group {
	var best results.Group
	for _, g := range records.GroupBy(func(r results.Record) string {
		return fmt.Sprint(r.Machine.ISA, " ", r.Versions.Kernel)
	}) {
		if len(g.Records) >= max(FewestSeeds, len(best.Records)+1) {
			best = g
		}
	}
	return best
}

// checkCorpora holds the corpora of this machine to those of the baseline.
func (b Baseline) checkCorpora(ctx context.Context) error {
	var checked []results.Data
	var wrong []error
	for _, r := range b.Records {
		if slices.Contains(checked, r.Data) {
			continue
		}
		checked = append(checked, r.Data)
		switch sha256, err := corpusSHA256(ctx, r.Data.Name); {
		case err != nil:
			wrong = append(wrong, err)
		case sha256 != r.Data.SHA256:
			wrong = append(wrong, fmt.Errorf("baseline %s: corpus %s has SHA-256 %s here and had %s when the baseline was recorded, so every BPC would differ; want that corpus, or record the baseline again with it",
				b.Path, r.Data.Name, sha256, r.Data.SHA256))
		}
	}
	return errors.Join(wrong...)
}

func corpusSHA256(ctx context.Context, name string) (string, error) {
	c, err := data.Open(ctx, name)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.SHA256, nil
}
