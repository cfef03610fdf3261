package results

import (
	"math"
	"testing"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{FormatSI(12.3e6, ""), "12.3 M"},
		{FormatSI(12.3e6, "FLOP"), "12.3 MFLOP"},
		{FormatSI(0, ""), "0"},
		{FormatSI(7, ""), "7"},
		{FormatSI(70, "s"), "70 s"},
		{FormatSI(0.123456, "s"), "0.123 s"},
		{FormatSI(999.4, ""), "999"},
		{FormatSI(999.6, ""), "1.00 k"},
		{FormatSI(999_600, ""), "1.00 M"},
		{FormatSI(5e12, "FLOP"), "5 TFLOP"},
		{FormatSI(1.005e30, ""), "1005000000 Z"},
		{FormatSI(-1234, ""), "-1.23 k"},
		{FormatSI(99.96, ""), "100"},
		{FormatSI(math.NaN(), "s"), "–"},
		{FormatSI(math.Inf(1), "s"), "–"},
		{FormatBytes(0), "0 B"},
		{FormatBytes(1023), "0.999 KiB"},
		{FormatBytes(512), "512 B"},
		{FormatBytes(40 << 20), "40 MiB"},
		{FormatBytes(12_897_484), "12.3 MiB"},
		{FormatBytes(31 << 30), "31 GiB"},
		{FormatBytes(math.MaxInt64), "8 EiB"},
		{FormatBytes(-2048), "-2 KiB"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
