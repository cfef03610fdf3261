// Package graph is the program that an experiment runs: a static list of
// coarse operations over values of fixed shape.
//
// It is built in three steps:
//
//  1. Define. A model calls methods of Graph (Embed, MatMul, LayerNorm,
//     Attention, …), each of which appends one Node and returns its output.
//  2. Differentiate. Graph.Gradients appends the vector-Jacobian products in
//     reverse order, so that a whole training step (forward, backward,
//     clipping, Adam) is one program. Rematerialisation happens here: an op
//     that is cheap to compute again says so (see Recaller), and its output is
//     recomputed where the backward pass needs it instead of being kept.
//  3. Plan. Compile removes dead nodes, finds how long every value lives and
//     gives each an offset in one arena. The size of the plan is the peak
//     memory of the program, known before anything runs.
//
// The words are those of the field: the root is the loss, the adjoint of a
// value is the gradient of the root with respect to it, a VJP maps adjoints of
// outputs to adjoints of inputs.
//
// One op is one file: meaning, shape rule, gradient, FLOPs. Nothing here
// assumes how ops are executed; an executor prices its workspace through
// Target.
//
// Mistakes in building a graph are bugs of the caller and panic; models check
// user input before they build.
package graph
