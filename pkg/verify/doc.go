// Package verify proves things about models, rather than testing them: that
// they compute what the original implementations computed (Golden), that their
// gradients are those of their outputs (Gradients), and that no prediction
// depends on what it predicts (Causality).
package verify
