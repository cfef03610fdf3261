package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"hgbench/pkg/cpu"
	"hgbench/results"
)

// UpdateOptions of Update.
type UpdateOptions struct {
	CheckOptions

	// Seeds is how many of each spec are trained at least: those that are there,
	// then those that follow the largest of them. 0: only those.
	Seeds   int
	Threads int    // 0: as many as the same spec was recorded with, or else all cores
	Sweep   string // name of the sweep that the specs are of; empty: as recorded
}

// Specs of a baseline: those to train again, and those that differ from them in
// the seed.
func (b Baseline) Specs() ([]Spec, error) {
	families, err := b.families()
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", b.Path, err)
	}
	var specs []Spec
	for _, f := range families {
		seen := make(map[uint64]bool)
		for _, m := range f {
			if !seen[m.spec.Seed] {
				specs = append(specs, m.spec)
			}
			seen[m.spec.Seed] = true
		}
	}
	return specs, nil
}

// Update trains specs on this machine's instruction set and writes them in
// place of the baseline's file, all at once, when all are done. b may be empty
// but for its path. It returns the new baseline, and how the runs that b has too
// compare with it. If it is stopped, it goes on with the runs that are missing
// when it is called again by the same commit.
//
// Records of other instruction sets stay if they are of the same kernel version
// and of one of the specs. Where they have seeds enough for a tolerance, only
// the first seed is trained here: that is how one baseline gets the bits of
// several instruction sets, at little cost.
func (b Baseline) Update(ctx context.Context, specs []Spec, o UpdateOptions) (Baseline, []Checked, error) {
	if err := results.CheckWritable(filepath.Dir(b.Path)); err != nil {
		return b, nil, fmt.Errorf("baseline: %w", err)
	}
	u, err := b.planUpdate(ctx, specs, o)
	if err != nil {
		return b, nil, err
	}
	made, err := openMade(b.Path)
	if err != nil {
		return b, nil, err
	}
	updated := Baseline{Path: b.Path}
	todo := 0
	for _, f := range u {
		todo += len(f.todo)
	}
	done := 0
	for _, f := range u {
		var records results.Records
		for _, s := range f.todo {
			label := fmt.Sprintf("%s, seed %d", f.label, s.Seed)
			o.begin(label, done, todo)
			r, err := made.run(ctx, s, f.corpus, o.options(f.threads, cmp.Or(o.Sweep, f.sweep)))
			if err != nil {
				return b, nil, fmt.Errorf("baseline %s stays as it was: %s: %w", b.Path, label, err)
			}
			records = append(records, r)
			done++
		}
		updated.Records = append(updated.Records, f.arrange(records)...)
	}
	checked, err := updated.against(b)
	if err != nil {
		return b, nil, err
	}
	if err := results.Write(b.Path, updated.Records); err != nil {
		return b, nil, err
	}
	return updated, checked, made.remove()
}

// familyUpdate is what to do for specs that differ in nothing but the seed.
type familyUpdate struct {
	label   string
	corpus  string   // its SHA-256
	seeds   []uint64 // the one that a check trains first
	todo    []Spec
	kept    results.Records // of other instruction sets
	threads int
	sweep   string
}

func (b Baseline) planUpdate(ctx context.Context, specs []Spec, o UpdateOptions) ([]*familyUpdate, error) {
	corpora := make(map[string]string)
	at := make(map[string]*familyUpdate)
	var all []*familyUpdate
	var firsts results.Records
	for _, s := range specs {
		if err := s.Resolve(NecessaryPerToken); err != nil {
			return nil, err
		}
		if s.Train.Steps == 0 {
			return nil, fmt.Errorf("budget of %s: each run would make steps of its own number, and not come to the same twice; want steps, tokens or flops", s.Budget)
		}
		if corpora[s.Data] == "" {
			sha256, err := corpusSHA256(ctx, s.Data)
			if err != nil {
				return nil, err
			}
			corpora[s.Data] = sha256
		}
		key := family(s, corpora[s.Data])
		f := at[key]
		if f == nil {
			spec, err := s.Canonical()
			if err != nil {
				return nil, err
			}
			firsts = append(firsts, results.Record{Spec: spec})
			f = &familyUpdate{corpus: corpora[s.Data], threads: o.Threads}
			at[key] = f
			all = append(all, f)
		}
		f.seeds = append(f.seeds, s.Seed)
		f.todo = append(f.todo, s)
	}
	if len(all) == 0 {
		return nil, errors.New("nothing to record: want a sweep, or a baseline to record again")
	}
	for i, label := range firsts.Labels() {
		all[i].label = label
		all[i].addSeeds(o.Seeds)
	}
	old, err := b.families()
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", b.Path, err)
	}
	for _, members := range old {
		if f := at[family(members[0].spec, members[0].record.Data.SHA256)]; f != nil {
			f.keep(members)
		}
	}
	return all, nil
}

// addSeeds adds specs until there are n.
func (f *familyUpdate) addSeeds(n int) {
	for len(f.seeds) < n {
		s := f.todo[0]
		s.Seed = slices.Max(f.seeds) + 1
		f.seeds = append(f.seeds, s.Seed)
		f.todo = append(f.todo, s)
	}
}

// keep takes over what stays of the old records: those of instruction sets that
// have the seed which a check trains.
func (f *familyUpdate) keep(old []member) {
	has := make(map[string]bool)
	for _, m := range old {
		isa := m.record.Machine.ISA
		if m.spec.Seed == f.seeds[0] && isa != cpu.Current().String() && m.record.Versions.Kernel == cpu.KernelVersion {
			has[isa] = true
		}
	}
	for _, m := range old {
		if has[m.record.Machine.ISA] && m.record.Versions.Kernel == cpu.KernelVersion {
			f.kept = append(f.kept, m.record)
		}
	}
	f.sweep = old[0].record.Sweep
	if f.threads == 0 {
		f.threads = old[0].record.Machine.Threads
	}
	if len(mostSeeds(f.kept).Records) > 0 {
		f.todo = f.todo[:1]
	}
}

// arrange orders records old and new: the seed that a check trains before the
// others, the instruction set with most seeds before the others.
func (f *familyUpdate) arrange(made results.Records) results.Records {
	byISA := slices.Concat(made, f.kept).GroupBy(func(r results.Record) string { return r.Machine.ISA })
	slices.SortFunc(byISA, func(a, b results.Group) int {
		return cmp.Or(cmp.Compare(len(b.Records), len(a.Records)), cmp.Compare(a.Key, b.Key))
	})
	first := strconv.FormatUint(f.seeds[0], 10)
	var all results.Records
	for _, g := range byISA {
		all = append(all, g.Records.Where(func(r results.Record) bool { return r.Setting("seed") == first })...)
		all = append(all, g.Records.Where(func(r results.Record) bool { return r.Setting("seed") != first })...)
	}
	return all
}

// against judges the records of a new baseline by an old one, where both have
// the spec.
func (b Baseline) against(old Baseline) ([]Checked, error) {
	expected, err := old.families()
	if err != nil {
		return nil, err
	}
	isa := cpu.Current().String()
	now := make(map[string]results.Record)
	for _, r := range b.Records {
		if r.Machine.ISA == isa {
			now[r.ID] = r
		}
	}
	var all []Checked
	var firsts results.Records
	for _, f := range expected {
		e := expectedOf(f, isa, cpu.KernelVersion)
		if r, ok := now[e.Record.ID]; ok {
			all = append(all, e.Judge(r, false))
			firsts = append(firsts, r)
		}
	}
	for i, label := range firsts.Labels() {
		all[i].Label = label
	}
	return all, nil
}

// ISAs are the instruction sets that the baseline has bits of.
func (b Baseline) ISAs() []string {
	isas := make(map[string]bool)
	for _, r := range b.Records {
		isas[r.Machine.ISA] = true
	}
	return slices.Sorted(maps.Keys(isas))
}

// Len is the number of runs that a check makes.
func (b Baseline) Len() int {
	families, _ := b.families() // LoadBaseline has parsed them
	return len(families)
}

// WithoutTolerance is the number of specs with fewer than FewestSeeds, for which
// only the same bits will do.
func (b Baseline) WithoutTolerance() (n int) {
	families, _ := b.families() // LoadBaseline has parsed them
	for _, f := range families {
		if len(mostSeeds(recordsOf(f)).Records) == 0 {
			n++
		}
	}
	return n
}

// Scattered are the labels of specs whose seeds, which do the same work, ran at
// speeds further apart than a check allows: they tell of what else the machine
// did.
func (b Baseline) Scattered() (labels []string) {
	families, _ := b.families()
	for _, f := range families {
		first := f[0].record
		where := func(m results.Machine) results.Machine { m.PeakGFLOPS = 0; return m } // measured in each process
		low, high := math.Inf(1), 0.0
		for _, m := range f {
			if where(m.record.Machine) == where(first.Machine) {
				low, high = min(low, m.record.ShareOfPeak), max(high, m.record.ShareOfPeak)
			}
		}
		if low < (1-speedBand)*high {
			labels = append(labels, fmt.Sprintf("%s: %.0f to %.0f %% of peak", first.Label(), 100*low, 100*high))
		}
	}
	return labels
}

func recordsOf(family []member) (records results.Records) {
	for _, m := range family {
		records = append(records, m.record)
	}
	return records
}
