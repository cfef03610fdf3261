package report

import (
	"fmt"
	"hash/fnv"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// sheet collects the styles of figures as classes, each for a light and a dark
// page. A class is named by what it says, so that parts of a page which are
// made at different times may share it.
type sheet struct {
	rules map[string]string // by class
	order []string
}

// class gives the name for declarations such as "fill:#005F2D;stroke-width:1".
func (s *sheet) class(declarations string) string {
	h := fnv.New32a()
	h.Write([]byte(declarations)) // never fails
	name := "f" + strconv.FormatUint(uint64(h.Sum32()), 36)
	if _, ok := s.rules[name]; ok {
		return name
	}
	if s.rules == nil {
		s.rules = map[string]string{}
	}
	s.rules[name] = hexColor.ReplaceAllStringFunc(declarations, func(light string) string {
		c, err := parseColor(light)
		if err != nil {
			return light
		}
		return fmt.Sprintf("light-dark(%s,%s)", strings.ToLower(light), formatColor(dark(c)))
	})
	s.order = append(s.order, name)
	return name
}

// String is the style sheet.
func (s *sheet) String() string {
	var b strings.Builder
	for _, name := range s.order {
		fmt.Fprintf(&b, ".%s{%s}\n", name, s.rules[name])
	}
	return b.String()
}

var hexColor = regexp.MustCompile(`#[0-9A-Fa-f]{6}\b`)

func parseColor(hex string) (color.NRGBA, error) {
	v, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 24)
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff}, err
}

func formatColor(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// The lightness in OKLab that white and black have on a dark page. The curve
// between them lifts the middle, where the colours of data are.
const (
	darkPaper = 0.225
	darkInk   = 0.955
	darkCurve = 0.62
)

// dark is what stands for a colour of a light page on a dark one: its lightness
// turned round, its hue kept, and as much of its chroma as sRGB has there.
func dark(c color.NRGBA) color.NRGBA {
	l, a, b := oklab(c)
	l = darkPaper + (darkInk-darkPaper)*math.Pow(1-min(l, 1), darkCurve)
	for chroma := 1.0; chroma > 0; chroma -= 0.02 {
		if out, ok := fromOklab(l, a*chroma, b*chroma); ok {
			return out
		}
	}
	out, _ := fromOklab(l, 0, 0)
	return out
}

// oklab converts from sRGB (Ottosson 2020, "A perceptual color space for image
// processing").
func oklab(c color.NRGBA) (l, a, b float64) {
	r, g, bl := linear(c.R), linear(c.G), linear(c.B)
	x := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*bl)
	y := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*bl)
	z := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*bl)
	return 0.2104542553*x + 0.7936177850*y - 0.0040720468*z,
		1.9779984951*x - 2.4285922050*y + 0.4505937099*z,
		0.0259040371*x + 0.7827717662*y - 0.8086757660*z
}

// fromOklab is the inverse of oklab; ok is false outside of sRGB.
func fromOklab(l, a, b float64) (c color.NRGBA, ok bool) {
	x := cube(l + 0.3963377774*a + 0.2158037573*b)
	y := cube(l - 0.1055613458*a - 0.0638541728*b)
	z := cube(l - 0.0894841775*a - 1.2914855480*b)
	ok = true
	channel := func(v float64) uint8 {
		if v < -1e-4 || v > 1+1e-4 {
			ok = false
		}
		return gamma(v)
	}
	c = color.NRGBA{
		channel(4.0767416621*x - 3.3077115913*y + 0.2309699292*z),
		channel(-1.2684380046*x + 2.6097574011*y - 0.3413193965*z),
		channel(-0.0041960863*x - 0.7034186147*y + 1.7076147010*z),
		0xff,
	}
	return c, ok
}

func cube(v float64) float64 { return v * v * v }

// linear light of an sRGB channel, 0 to 1.
func linear(v uint8) float64 {
	f := float64(v) / 255
	if f <= 0.04045 {
		return f / 12.92
	}
	return math.Pow((f+0.055)/1.055, 2.4)
}

// gamma is the inverse of linear.
func gamma(v float64) uint8 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return uint8(v*255 + 0.5)
}
