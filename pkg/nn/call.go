package nn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// call is a name with arguments: window(128, dilation: 2).
type call struct {
	name       string
	positional []string
	named      []argument
}

type argument struct{ key, value string }

// parseCall reads name, or name(argument, key: argument, …).
func parseCall(s string) (call, error) {
	name, rest, called := strings.Cut(strings.TrimSpace(s), "(")
	c := call{name: strings.TrimSpace(name)}
	if !called {
		return c, nil
	}
	inside, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return call{}, fmt.Errorf("want a closing parenthesis at the end")
	}
	if strings.TrimSpace(inside) == "" {
		return c, nil
	}
	for a := range strings.SplitSeq(inside, ",") {
		key, value, named := strings.Cut(a, ":")
		switch {
		case named:
			c.named = append(c.named, argument{strings.TrimSpace(key), strings.TrimSpace(value)})
		case len(c.named) > 0:
			return call{}, fmt.Errorf("argument %s after %s: want those without a name first", strings.TrimSpace(a), c.named[0].key)
		default:
			c.positional = append(c.positional, strings.TrimSpace(a))
		}
	}
	return c, nil
}

// parameters takes the arguments of a call one parameter after the other; an
// argument is for the parameter at its place, or of its name. The first thing
// that is wrong is kept.
type parameters struct {
	call
	heads, layers int      // of the level, where they are known
	usage         []string // what the call looks like
	canonical     []string // the one spelling of what it means
	err           error
}

// spell adds an argument to the canonical spelling.
func (p *parameters) spell(argument string) { p.canonical = append(p.canonical, argument) }

// spelled says whether a parameter is in the canonical spelling by its name.
func (p *parameters) spelled(name string) bool { return slices.ContainsFunc(p.canonical, isOf(name)) }

// idle says that a parameter has no effect, whatever its value.
func (p *parameters) idle(name string) { p.canonical = slices.DeleteFunc(p.canonical, isOf(name)) }

func isOf(name string) func(argument string) bool {
	return func(argument string) bool { return strings.HasPrefix(argument, name+": ") }
}

// spelling is the canonical one: parameters that have no default by place, others
// by name and only where they differ from it, all in their order.
func (p *parameters) spelling() string {
	if len(p.canonical) == 0 {
		return p.name
	}
	return p.name + "(" + strings.Join(p.canonical, ", ") + ")"
}

func (p *parameters) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// next is the argument for a parameter; "" when there is none.
func (p *parameters) next(name string) string {
	var value string
	if len(p.positional) > 0 {
		value, p.positional = p.positional[0], p.positional[1:]
		if value == "" {
			p.fail("%s is empty", name)
		}
	}
	for i := 0; i < len(p.named); i++ {
		if p.named[i].key != name {
			continue
		}
		switch {
		case value != "":
			p.fail("%s is given twice", name)
		case p.named[i].value == "":
			p.fail("%s is empty", name)
		}
		value = p.named[i].value
		p.named = append(p.named[:i:i], p.named[i+1:]...)
		i--
	}
	return value
}

// number takes a whole number of [low, high].
func (p *parameters) number(name string, low, high int) int {
	p.usage = append(p.usage, name)
	s := p.next(name)
	if s == "" {
		p.fail("%s is missing: want a whole number from %d to %d", name, low, high)
		return low
	}
	n := p.whole(name, s, low, high)
	p.spell(strconv.Itoa(n))
	return n
}

// numberOr is number with a default.
func (p *parameters) numberOr(name string, value, low, high int) int {
	p.usage = append(p.usage, fmt.Sprintf("%s: %d", name, value))
	s := p.next(name)
	if s == "" {
		return value
	}
	n := p.whole(name, s, low, high)
	if n != value {
		p.spell(fmt.Sprintf("%s: %d", name, n))
	}
	return n
}

// optional is number that may be left out, for which the usage has a word: what
// that stands for depends on the number of heads.
func (p *parameters) optional(name, word string, of func(heads int) int, low, high int) (number func(heads int) int) {
	p.usage = append(p.usage, name+": "+word)
	s := p.next(name)
	if s == "" {
		return of
	}
	n := p.whole(name, s, low, high)
	if p.heads == 0 || n != of(p.heads) {
		p.spell(fmt.Sprintf("%s: %d", name, n))
	}
	return func(int) int { return n }
}

func (p *parameters) whole(name, s string, low, high int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		p.fail("%s %s: want a whole number from %d to %d", name, s, low, high)
		return low
	}
	return n
}

// realOr takes a number of [low, high], with a default.
func (p *parameters) realOr(name string, value, low, high float64) float64 {
	p.usage = append(p.usage, fmt.Sprintf("%s: %g", name, value))
	s := p.next(name)
	if s == "" {
		return value
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x >= low && x <= high) {
		p.fail("%s %s: want a number from %g to %g", name, s, low, high)
		return value
	}
	if x != value {
		p.spell(fmt.Sprintf("%s: %s", name, strconv.FormatFloat(x, 'g', -1, 64)))
	}
	return x
}

// word takes one of the words, of which the first is the default.
func (p *parameters) word(name string, words ...string) string {
	p.usage = append(p.usage, name+": "+strings.Join(words, "|"))
	s := p.next(name)
	if s == "" {
		return words[0]
	}
	for i, w := range words {
		if s == w {
			if i > 0 {
				p.spell(name + ": " + w)
			}
			return w
		}
	}
	p.fail("%s %s: want %s", name, s, strings.Join(words, " or "))
	return words[0]
}

// end errs on what no parameter has taken, or on what was wrong before.
func (p *parameters) end() error {
	left := p.positional
	for _, a := range p.named {
		left = append(left, a.key+": "+a.value)
	}
	if len(left) > 0 && len(p.usage) == 0 {
		p.fail("takes no arguments; got %s", strings.Join(left, ", "))
	} else if len(left) > 0 {
		p.err = fmt.Errorf("has no parameter for %s", strings.Join(left, ", ")) // which may be why another is missing
	}
	if p.err != nil && len(p.usage) > 0 {
		return fmt.Errorf("%w, in %s(%s)", p.err, p.name, strings.Join(p.usage, ", "))
	}
	return p.err
}
