// Package notebooks has no code of its own: its folder holds the Jupyter
// notebooks, which are in Go, and the test that executes every one of them. The
// kernel that they need is built by the package kernel; docs/notebooks.md tells
// how to use both.
package notebooks
