package results

import (
	"math"
	"strconv"
	"strings"
)

// FormatSI gives v to three significant digits with an SI prefix before the
// unit, which may be empty: 12300000 is "12.3 MFLOP" or "12.3 M". NaN is "–".
func FormatSI(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	text := formatScaled(v, 1000, []string{"", "k", "M", "G", "T", "P", "E", "Z"})
	return strings.TrimSpace(text + unit)
}

// FormatBytes gives a number of bytes to three significant digits in binary
// units: 12897484 is "12.3 MiB".
func FormatBytes(n int64) string {
	return formatScaled(float64(n), 1024, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"})
}

func formatScaled(v, base float64, units []string) string {
	i := 0
	// 999.5 would take four digits.
	for i < len(units)-1 && math.Abs(v) >= 999.5 {
		v /= base
		i++
	}
	return formatDigits(v) + " " + units[i]
}

// formatDigits gives three significant digits, whole numbers below 1000 as they are.
func formatDigits(v float64) string {
	a := math.Abs(v)
	switch {
	case v == math.Trunc(v) && a < 1000, a >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.9995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
