// Package nn holds what the models share: embedding, blocks, attention kinds,
// positions, resampling and the head, each a method of Layers that appends to
// a program of pkg/graph.
//
// A layer gets the prefix of its weights' names and declares exactly the
// weights it uses. Names, equations and initialisers are those of the original
// Hourglass (google/trax, models/research/hourglass.py), so that weights can be
// exchanged: every .w is [in, out] and applied as x·w + b.
//
// A new attention kind is one file like full.go and one line in attention.go.
package nn
