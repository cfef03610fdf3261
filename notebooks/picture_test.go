package notebooks

import (
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
)

func decodePicture(encoded string) (image.Image, error) {
	if encoded == "" {
		return nil, errors.New("no image/png")
	}
	return png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
}

// checkPicture tells whether there is a figure to see: of a size for a screen,
// and neither blank nor all covered.
func checkPicture(encoded string) error {
	img, err := decodePicture(encoded)
	if err != nil {
		return err
	}
	b := img.Bounds()
	if b.Dx() < 500 || b.Dx() > 2400 || b.Dy() < 300 {
		return fmt.Errorf("%d × %d pixels are not made for a screen", b.Dx(), b.Dy())
	}
	inked, colours := 0, map[color.Color]bool{}
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		for x := b.Min.X; x < b.Max.X; x += 2 {
			c := img.At(x, y)
			if r, g, b, _ := c.RGBA(); r+g+b < 3*0xf000 {
				inked++
			}
			colours[c] = true
		}
	}
	share := float64(4*inked) / float64(b.Dx()*b.Dy())
	if share < 0.005 || share > 0.9 || len(colours) < 8 {
		return fmt.Errorf("it has %d colours, and %.3f of it is inked", len(colours), share)
	}
	return nil
}

// samePicture allows for what another compiler may do to rounding: a few pixels,
// slightly.
func samePicture(a, b string) error {
	x, err := decodePicture(a)
	if err != nil {
		return err
	}
	y, err := decodePicture(b)
	if err != nil {
		return err
	}
	if x.Bounds() != y.Bounds() {
		return fmt.Errorf("%v, want %v", y.Bounds(), x.Bounds())
	}
	differ := 0
	for j := x.Bounds().Min.Y; j < x.Bounds().Max.Y; j++ {
		for i := x.Bounds().Min.X; i < x.Bounds().Max.X; i++ {
			r, g, b, _ := x.At(i, j).RGBA()
			s, h, c, _ := y.At(i, j).RGBA()
			if far(r, s) || far(g, h) || far(b, c) {
				differ++
			}
		}
	}
	if limit := x.Bounds().Dx() * x.Bounds().Dy() / 1000; differ > limit {
		return fmt.Errorf("%d pixels differ, more than %d", differ, limit)
	}
	return nil
}

func far(a, b uint32) bool { return max(a, b)-min(a, b) > 0x1000 }
