package bench

import "testing"

func TestSameProgram(t *testing.T) {
	p, err := currentProgram()
	if err != nil || len(p.SHA256) != 64 {
		t.Fatalf("%v, %v", p, err)
	}
	other := p
	other.SHA256 = "x" + p.SHA256[1:]
	if !p.same(p) || p.same(other) { // whatever commit they say they are of
		t.Errorf("%v and %v", p, other)
	}
}
