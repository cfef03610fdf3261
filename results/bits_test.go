package results

import (
	"strings"
	"testing"
)

func TestBits(t *testing.T) {
	text := two()
	pictures := two()
	pictures[0].Evaluation.Row = 3072
	pictures[1].Data.Name = "cifar10:batches"
	for _, c := range []struct {
		records Records
		want    Bits
	}{
		{text, Bits{"BPC", "bits per byte"}},
		{pictures, Bits{"BPD", "bits per dim"}},
		{append(text, pictures...), Bits{"bits", "bits per token"}},
		{nil, Bits{"BPC", "bits per byte"}},
	} {
		if got := c.records.Bits(); got != c.want {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
	for i := range pictures {
		pictures[i].Data.SHA256 = "p"
	}
	if s := Summarise(pictures, P1).String(); !strings.Contains(s, "BPD") || strings.Contains(s, "BPC") {
		t.Error(s)
	}
	if s := pictures.Table(); !strings.Contains(s, "valid BPD") || strings.Contains(s, "BPC") {
		t.Error(s)
	}
}
