package results

import (
	"fmt"
	"math"
	"strings"
)

// Summary says in words what records show, by validation BPC: one finding an
// axis, necessary FLOPs first.
type Summary struct {
	Protocol Protocol
	Findings []Finding
	Lines    []string // sentences, the conclusion first

	bits string // BPC or BPD
}

// String gives the sentences, one a line.
func (s Summary) String() string { return strings.Join(s.Lines, "\n") }

// Summarise compares Hourglass with its baselines by the given protocol, over
// every axis that the records know. It claims what measured points show and no
// more: where Hourglass does not win it says so, and it says when the verdict
// depends on the axis. Of records that trained nothing it says how their costs
// grow with the context, if that varies.
func Summarise(records Records, protocol Protocol) (s Summary) {
	runs := records.Done()
	s.Protocol, s.bits = protocol, runs.Bits().Name
	if why := incomparable(runs); why != "" {
		if why == noBPC && s.sayGrowth(runs) {
			return s
		}
		s.say("Nothing to compare: %s.", why)
		return s
	}
	defer s.sayLeaks(records)
	hourglass := runs.Where(Record.IsHourglass)
	baselines := runs.Where(func(r Record) bool { return !r.IsHourglass() })
	if len(hourglass) == 0 || len(baselines) == 0 {
		s.sayBest(runs)
		return s
	}
	// Labels must be unique over both families, so group before parting.
	var hs, bs []Group
	for _, g := range runs.OverSeeds() {
		if g.Records[0].IsHourglass() {
			hs = append(hs, g)
		} else {
			bs = append(bs, g)
		}
	}
	for _, x := range Axes() {
		if x.Name == Seconds.Name && !sameMachine(runs) {
			continue
		}
		if f, ok := findOn(hs, bs, x, ValidBPC); ok {
			s.Findings = append(s.Findings, f)
		}
	}
	if len(s.Findings) == 0 {
		s.say("Nothing to compare: the records know neither FLOPs nor memory.")
		return s
	}
	main := s.Findings[0]
	s.say("%s", s.sentence(main))
	s.sayAxes()
	s.sayCertainty(main)
	if !sameMachine(runs) {
		s.say("Seconds are not compared: the runs are from different machines or threads.")
	}
	if !runs.agree("eval.stride") {
		s.say("The runs were not evaluated alike (strides differ), so their %ss may differ for that alone.", s.bits)
	}
	return s
}

func (s *Summary) say(format string, args ...any) {
	s.Lines = append(s.Lines, fmt.Sprintf(format, args...))
}

func incomparable(runs Records) string {
	if len(runs) == 0 {
		return "no run is done"
	}
	trained := runs.Where(func(r Record) bool { return !math.IsNaN(ValidBPC.Value(r)) })
	if len(trained) == 0 {
		return noBPC
	}
	if err := trained.Comparable(); err != nil {
		return err.Error()
	}
	return ""
}

// noBPC is so where nothing was trained.
const noBPC = "no run has a validation BPC"

func sameMachine(runs Records) bool {
	for _, r := range runs {
		a, b := r.Machine, runs[0].Machine
		if a.CPU != b.CPU || a.ISA != b.ISA || a.Threads != b.Threads {
			return false
		}
	}
	return true
}

// sentence states one finding.
func (s *Summary) sentence(f Finding) string {
	x := f.Axis.Name
	best := f.Baseline
	if f.Hourglass.Mean(ValidBPC.Value) < f.Baseline.Mean(ValidBPC.Value) {
		best = f.Hourglass
	}
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if f.Equal {
		say("at equal %s (%s) the best is %s", x, f.Axis.Format(best), reached(best))
		if f.Verdict == Wins {
			say("the best baseline is %s", reached(f.Baseline))
			if costs := s.costs(f.Hourglass, f.Baseline, f); costs != "" {
				say("Hourglass takes %s", costs)
			}
		} else {
			say("the best Hourglass is %s", strings.TrimPrefix(reached(f.Hourglass), "Hourglass "))
		}
		return fmt.Sprintf("%s, %s: %s.", s.Protocol, x, strings.Join(parts, "; "))
	}
	if f.Ours != nil {
		say("%s reaches the %s of %s with %s", properName(f.Ours.By), s.bits, reached(f.Ours.Of), s.costs(f.Ours.By, f.Ours.Of, f))
		if best.Key == f.Baseline.Key && f.Ours.Of.Key != best.Key {
			say("the best is %s, which no Hourglass point reaches at lower %s", reached(best), x)
		}
	} else {
		say("%s the best is %s", s.Protocol.means(), reached(best))
		say("no Hourglass point reaches %s at lower %s", s.unreached(f, best), x)
	}
	if f.Theirs != nil {
		say("%s reaches the %s of %s with %s", properName(f.Theirs.By), s.bits, reached(f.Theirs.Of), s.costs(f.Theirs.By, f.Theirs.Of, f))
	}
	if f.Verdict == Neither {
		say("nor does a baseline so reach a Hourglass point that no other Hourglass point beats")
	}
	return fmt.Sprintf("%s, %s: %s.", s.Protocol, x, strings.Join(parts, "; "))
}

// unreached names the baselines on the frontier, none of which was reached.
func (s *Summary) unreached(f Finding, best Group) string {
	if len(f.Front) == 1 && f.Front[0].Key == best.Key {
		return "its " + s.bits
	}
	return "the " + s.bits + " of " + listGroups(f.Front)
}

// costs gives what a costs of b on the finding's own axis, unless that is
// equal, and on the others that people pay for: time and memory.
func (s *Summary) costs(a, b Group, f Finding) string {
	var parts []string
	if !f.Equal {
		parts = append(parts, share(ratio(a, b, f.Axis), f.Axis))
	}
	for _, other := range s.Findings {
		if x := other.Axis; x.Name != f.Axis.Name && (x.Name == Seconds.Name || x.Name == PeakMemory.Name) {
			if r := ratio(a, b, x); !math.IsNaN(r) {
				parts = append(parts, share(r, x))
			}
		}
	}
	return joinWith(parts, "and")
}

// sayAxes says whether the other axes give the verdict of the first, and states
// those that do not.
func (s *Summary) sayAxes() {
	var same, other []string
	for _, f := range s.Findings[1:] {
		if f.Verdict == s.Findings[0].Verdict {
			same = append(same, f.Axis.Name)
		} else {
			other = append(other, s.sentence(f))
		}
	}
	if len(other) == 0 {
		if len(same) > 0 {
			s.say("The axes agree: the verdict is the same by %s.", joinWith(same, "and"))
		}
		return
	}
	s.say("The axes disagree:")
	for _, sentence := range other {
		s.say("  %s", sentence)
	}
}

// sayCertainty says how sure the difference of the pair is: by the spread over
// seeds where there are several, else window by window on the test set.
func (s *Summary) sayCertainty(f Finding) {
	h, b := f.Hourglass, f.Baseline
	if f.Ours != nil {
		h, b = f.Ours.By, f.Ours.Of
	}
	if len(h.Records) > 1 && len(b.Records) > 1 {
		s.say("Over seeds: %s and %s (mean ± sd of validation %s; %d and %d seeds).",
			plusMinus(h.Mean(ValidBPC.Value), h.SD(ValidBPC.Value)), plusMinus(b.Mean(ValidBPC.Value), b.SD(ValidBPC.Value)), s.bits, len(h.Records), len(b.Records))
		return
	}
	c, err := Compare(h.Records[0], b.Records[0])
	if err != nil {
		return // records without test windows say nothing of it
	}
	c.A, c.B = properName(h), properName(b)
	s.say("%s. One seed: the spread over seeds is not in this.", c)
}

// sayBest is what can be said of one family alone: its best and its frontier.
func (s *Summary) sayBest(runs Records) {
	groups := runs.OverSeeds()
	if len(groups) == 1 {
		if n := len(runs); n > 1 {
			s.say("One model in %d runs, %s: nothing to compare with.", n, reached(groups[0]))
		} else {
			s.say("One run, %s: nothing to compare with.", reached(groups[0]))
		}
		return
	}
	for _, x := range Axes() {
		front := FrontierOfGroups(groups, x, ValidBPC)
		if len(front) == 0 || x.Name == Seconds.Name && !sameMachine(runs) {
			continue
		}
		best := front[len(front)-1]
		line := fmt.Sprintf("%s, %s: %s the best is %s", s.Protocol, x.Name, s.Protocol.means(), reached(best))
		var cheaper []string
		for _, g := range front[:len(front)-1] {
			if r := ratio(g, best, x); !alike(r) {
				cheaper = append(cheaper, fmt.Sprintf("%s with %s", reached(g), share(r, x)))
			}
		}
		if len(cheaper) > 0 {
			line += "; cheaper on the frontier: " + strings.Join(cheaper, ", ")
		}
		s.say("%s.", line)
	}
}
