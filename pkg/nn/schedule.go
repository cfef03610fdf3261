package nn

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// schedule is a whole number for each layer of a level:
//
//	128        the same everywhere
//	32..512    from the first layer to the last in a geometric sequence, to the nearest
//	1-1-2-4    one for each layer, which must be as many
type schedule struct {
	text     string
	from, to int
	list     []int
}

// form in which a schedule that is not constant is spelled: as a range where it is
// one, or always as a list.
type form bool

const (
	asRange form = true
	asList  form = false
)

// schedule takes one whose numbers are of [low, high]; value, if not 0, is its
// default.
func (p *parameters) schedule(name string, value, low, high int, as form) schedule {
	s := p.readSchedule(name, value, low, high)
	if text := s.spelling(p.layers, as); value == 0 {
		p.spell(text)
	} else if text != strconv.Itoa(value) {
		p.spell(name + ": " + text)
	}
	return s
}

func (p *parameters) readSchedule(name string, value, low, high int) schedule {
	usage := name
	if value > 0 {
		usage = fmt.Sprintf("%s: %d", name, value)
	}
	p.usage = append(p.usage, usage)
	s := schedule{text: p.next(name), from: value, to: value}
	if s.text == "" {
		if s.text = strconv.Itoa(value); value == 0 {
			p.fail("%s is missing: want %s", name, wantSchedule(low, high))
		}
		return s
	}
	whole := func(part string) int {
		n, err := strconv.Atoi(part)
		if err != nil || n < low || n > high {
			p.fail("%s %s: want %s", name, s.text, wantSchedule(low, high))
			return low
		}
		return n
	}
	if from, to, ok := strings.Cut(s.text, ".."); ok {
		s.from, s.to = whole(from), whole(to)
		return s
	}
	if strings.Contains(s.text[1:], "-") {
		for part := range strings.SplitSeq(s.text, "-") {
			s.list = append(s.list, whole(part))
		}
		return s
	}
	s.from = whole(s.text)
	s.to = s.from
	return s
}

func wantSchedule(low, high int) string {
	return fmt.Sprintf("a whole number from %d to %d, or a schedule over the layers such as 32..512 or 1-2-4", low, high)
}

// at a layer of so many.
func (s schedule) at(layer, layers int) int {
	switch {
	case s.list != nil:
		return s.list[min(layer, len(s.list)-1)]
	case layers < 2:
		return s.from
	}
	ratio := float64(s.to) / float64(s.from)
	return int(math.Round(float64(s.from) * math.Pow(ratio, float64(layer)/float64(layers-1))))
}

// spelling is the same for schedules that are the same over so many layers, 0
// if that is not known.
func (s schedule) spelling(layers int, as form) string {
	switch {
	case s.list == nil && s.from == s.to:
		return strconv.Itoa(s.from)
	case layers == 0 || s.check("", layers) != nil:
		return s.text
	}
	texts := make([]string, layers)
	ends := schedule{from: s.at(0, layers), to: s.at(layers-1, layers)}
	geometric := true
	for i := range texts {
		n := s.at(i, layers)
		texts[i] = strconv.Itoa(n)
		geometric = geometric && n == ends.at(i, layers)
	}
	switch {
	case geometric && ends.from == ends.to:
		return texts[0]
	case geometric && as == asRange:
		return texts[0] + ".." + texts[layers-1]
	}
	return strings.Join(texts, "-")
}

// most of all layers.
func (s schedule) most() int {
	most := max(s.from, s.to)
	for _, n := range s.list {
		most = max(most, n)
	}
	return most
}

// check that a list is as long as there are layers.
func (s schedule) check(name string, layers int) error {
	if s.list != nil && len(s.list) != layers {
		return fmt.Errorf("%s %s: has %d numbers for %d layers; want as many", name, s.text, len(s.list), layers)
	}
	return nil
}
