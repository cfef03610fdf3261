package results

import (
	"strings"
)

// LeakMark stands behind the name of every run that looks ahead, in tables and
// figures: its BPC is no result.
const LeakMark = "†"

// leakNote explains LeakMark.
const leakNote = LeakMark + " looks ahead: its BPC is no result"

// Leaks reports whether the group's runs look ahead.
func (g Group) Leaks() bool { return len(g.Records) > 0 && g.Records[0].Causality.Leak }

// asPublished is the argument of an attention kind that selects as its paper
// did, with what comes later.
const asPublished = ", selection: original"

// sayLeaks says what looking ahead is worth, where a leaking run has a causal
// twin that differs in nothing else.
func (s *Summary) sayLeaks(records Records) {
	groups := records.OverSeeds()
	for _, g := range groups {
		if !g.Leaks() {
			continue
		}
		twin := strings.ReplaceAll(g.Records[0].seedless(), asPublished, "")
		for _, causal := range groups {
			if causal.Leaks() || causal.Records[0].seedless() != twin {
				continue
			}
			before, after := causal.Mean(ValidBPC.Value), g.Mean(ValidBPC.Value)
			s.say("Looking ahead changes the BPC of %s by %+.3f, to %s, which is no result.", reached(causal), after-before, bits(after))
		}
	}
}
