// Package bench performs one experiment: a Spec goes in, a results.Record
// comes out.
//
// A Spec says which model is trained on which data and how it is evaluated. It
// is read from YAML (ParseSpec, LoadSpec), changed key by key (Spec.Set), and
// holds every default once it is read. What can be done with one:
//
//   - Plan tells what it costs, in FLOPs, memory and time, without training.
//   - Run trains it, evaluates it and proves that its model does not look
//     ahead. The same spec gives the same bits, on any number of threads.
//   - Measure times training steps, for the speed of the machine and the code.
//   - Evaluate and Sample use the weights that a run has saved.
//
// How a run goes: the corpus is opened and every program of the run compiled
// (training, one for each shortening factor or length of memory; evaluation of
// either split; sampling), so that FLOPs and memory are known and a run that
// would not fit is refused. Causality is proven with random weights. Then all
// programs share the weights and the arena of one cpu.Machine until the end:
// training with validation on the way, the test split, the proof on the final
// weights, a sample. What lasts from step to step is saved now and then, if
// Options.Checkpoints says where, so that a run which was killed goes on.
//
// Three counts of FLOPs are kept apart, as results.FLOPs says; budgets and
// figures use the necessary ones, a property of the model that padding,
// micro-batches and storage of attention do not change.
package bench
