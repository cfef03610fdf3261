// Command plausible checks what a sweep has left in a folder against what any
// sound sweep on enwik7 must show.
//
//	go run ./.ci/plausible FOLDER POINTS
package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"hgbench/results"
)

// Bounds on bits a byte of enwik7: uniform bytes have 8, and counts of pairs of
// bytes come to 3.87, which a network that learns anything beats at once.
const (
	lowestBPC  = 1.0 // no small model gets there without seeing the answer
	highestBPC = 3.87
	bestBPC    = 3.0 // the best of a sweep must be under it
)

// memoryTolerance is how far planned and idle memory may be from the measured peak.
const memoryTolerance = 0.10

// figures that every sweep that trains something draws.
var figures = []string{"bpc-vs-flops", "bpc-vs-dense-flops", "bpc-vs-seconds", "bpc-vs-memory", "curves"}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: plausible FOLDER POINTS")
		os.Exit(2)
	}
	points, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = errors.Join(checkRecords(os.Args[1], points), checkFigures(filepath.Join(os.Args[1], "figures")))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "not plausible:\n%v\n", err)
		os.Exit(1)
	}
}

func checkRecords(dir string, points int) error {
	records, warnings, err := results.Read(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range warnings {
		errs = append(errs, fmt.Errorf("%v", w))
	}
	if len(records) != points || len(records.Done()) != points {
		errs = append(errs, fmt.Errorf("%d records, %d of them done; want %d", len(records), len(records.Done()), points))
	}
	for _, best := range records.Best(results.TestBPC) {
		if best.TestBPC >= bestBPC {
			errs = append(errs, fmt.Errorf("the best test BPC is %g, want one under %g", best.TestBPC, bestBPC))
		}
	}
	for _, r := range records {
		errs = append(errs, checkRecord(r))
		fmt.Printf("%-40s test BPC %.3f ± %.3f, %4.1f MiB planned and idle of %4.1f, %2.0f %% of peak\n", r.Label(), r.TestBPC, r.TestStderr,
			float64(r.Memory.Planned.Total+r.Memory.Idle)/(1<<20), float64(r.Memory.MeasuredPeak)/(1<<20), 100*r.ShareOfPeak)
	}
	return errors.Join(errs...)
}

func checkRecord(r results.Record) error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s (%s): %s", r.ID, r.Label(), fmt.Sprintf(format, args...)))
		}
	}
	want(r.Status == results.Done, "%s: %s", r.Status, r.Error)
	for name, bpc := range map[string]float64{"validation": r.ValidBPC, "test": r.TestBPC} {
		want(lowestBPC < bpc && bpc < highestBPC, "%s BPC %g, want one between %g and %g", name, bpc, lowestBPC, highestBPC)
	}
	want(math.Abs(r.ValidBPC-r.TestBPC) < 0.5, "validation BPC %g and test BPC %g are far apart", r.ValidBPC, r.TestBPC)
	want(0 < r.TestStderr && r.TestStderr < 0.2, "standard error %g", r.TestStderr)
	want(r.Causality.Init == "pass" && r.Causality.Final == "pass", "causality %+v", r.Causality)
	want(r.Causality.Probes > 0, "causality was proven at no position")

	m := r.Memory
	plan, peak := float64(m.Planned.Total+m.Idle), float64(m.MeasuredPeak)
	want(math.Abs(plan-peak) <= memoryTolerance*peak, "planned memory %d and idle %d, measured peak %d", m.Planned.Total, m.Idle, m.MeasuredPeak)
	f := r.FLOPs
	want(0 < f.NecessaryPerToken && f.NecessaryPerToken <= f.DensePerToken && f.NecessaryPerToken <= f.ExecutedPerToken, "FLOPs %+v", f)
	want(0.01 < r.ShareOfPeak && r.ShareOfPeak < 1, "%g of the machine's peak", r.ShareOfPeak)

	want(len(r.Curve) > 1 && r.Curve[0].TrainBPC > r.Curve[len(r.Curve)-1].TrainBPC, "the training loss does not fall: %+v", r.Curve)
	want(len(r.Sample) > 0, "no sample")
	want(len(r.WeightsHash) == 64, "hash of the weights %q", r.WeightsHash)
	return errors.Join(errs...)
}

func checkFigures(dir string) error {
	var errs []error
	for _, name := range figures {
		for _, check := range []func(path string) error{checkPNG, checkSVG} {
			if err := check(filepath.Join(dir, name)); err != nil {
				errs = append(errs, fmt.Errorf("figure %s: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// checkPNG wants a picture of a screen's size with ink on it.
func checkPNG(path string) error {
	f, err := os.Open(path + ".png")
	if err != nil {
		return err
	}
	defer f.Close()
	picture, _, err := image.Decode(f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	b := picture.Bounds()
	if b.Dx() < 400 || b.Dx() > 8000 || b.Dy() < 300 || b.Dy() > 8000 {
		return fmt.Errorf("%s: %d × %d pixels", f.Name(), b.Dx(), b.Dy())
	}
	inked := 0
	paper := picture.At(b.Min.X, b.Min.Y)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if picture.At(x, y) != paper {
				inked++
			}
		}
	}
	if share := float64(inked) / float64(b.Dx()*b.Dy()); share < 0.005 || share > 0.9 {
		return fmt.Errorf("%s: %.1f %% of it are drawn on", f.Name(), 100*share)
	}
	return nil
}

// checkSVG wants well-formed XML that holds a drawing.
func checkSVG(path string) error {
	f, err := os.Open(path + ".svg")
	if err != nil {
		return err
	}
	defer f.Close()
	elements := make(map[string]int)
	d := xml.NewDecoder(f)
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
		if start, ok := token.(xml.StartElement); ok {
			elements[start.Name.Local]++
		}
	}
	if elements["svg"] != 1 || elements["path"] < 10 || elements["text"] < 5 {
		return fmt.Errorf("%s: too little is drawn: %v", f.Name(), elements)
	}
	return nil
}
