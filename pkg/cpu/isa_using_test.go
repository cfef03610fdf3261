package cpu

import (
	"errors"
	"testing"
)

func TestUsing(t *testing.T) {
	before, failed := Current(), errors.New("failed")
	for _, isa := range Supported() {
		err := Using(isa, func() error {
			if Current() != isa || kernelsFor[float64]().isa != Portable {
				t.Errorf("%v in use instead of %v", Current(), isa)
			}
			return failed
		})
		if err != failed || Current() != before {
			t.Errorf("%v: error %v, %v in use afterwards instead of %v", isa, err, Current(), before)
		}
	}
}
