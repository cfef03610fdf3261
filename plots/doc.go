// Package plots draws every figure of hgbench: a figure is a function from
// records to a Figure, whose panels are gonum plots.
//
//  1. Figures gives the standard set that a sweep writes: BPC against
//     necessary and dense FLOPs, seconds and memory, training curves, and
//     memory against context length.
//  2. Efficiency, Costs, Curves, MemoryContext, Position and Pattern each give
//     one, for a notebook or a report.
//  3. Save writes one as PNG and SVG; Figure.Image, PNG and SVG give the
//     picture itself, and Figure.Panels the gonum plots, to be changed before
//     it is drawn.
//
// A figure never hides what it left out: runs that failed, diverged or looked
// ahead are counted in its caption. Where nothing remains to be drawn, the
// function returns an error instead of a blank picture. Numbers from papers
// are hollow and grey, and their legend says "published", so that they cannot
// be taken for something measured here.
//
// The same records give the same bytes.
package plots
