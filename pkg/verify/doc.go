// Package verify proves things about models, rather than testing them: that
// they compute what the original implementations computed (Golden), that their
// gradients are those of their outputs (Gradients), and that no prediction
// depends on what it predicts (Causality).
//
// GoldenProofs, GradientProofs and CausalityProofs list what "hgbench verify"
// runs, over all Systems. A new attention kind or system is a line in
// systems.go; a new kind of golden case, one in golden.go. What the proofs say,
// with which tolerances, and what they do not, is in docs/verification.md.
package verify
