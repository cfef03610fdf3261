// Package kernel builds the Go kernel for Jupyter, gophernotes, and registers
// it.
//
// As released, gophernotes v0.7.5 panics when it is built with Go 1.23 or newer.
// Install copies its source from the module cache, mends it (source.go says
// what), and builds it in a folder of its own with this project's versions of
// all dependencies (module.go). The packages that notebooks are written with are
// linked in (bindings.go), so that importing them is immediate.
//
// What is written where:
//
//	the build folder, hgbench/kernel in the user's cache: source and binary
//	the kernelspec, kernels/gophernotes in Jupyter's data folder: how to start it
package kernel
