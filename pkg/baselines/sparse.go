package baselines

// Sparse are the systems of sparse attention. Each is the flat pre-norm model
// (Transformer, or Reformer with its reversible layers) with the attention and the
// positions of its paper, so that what a comparison shows is the attention. The
// defaults fit to contexts of some hundred tokens; the papers' settings are sweeps.
//
//	sparse-transformer   Child et al. 2019: own block and summaries of those before
//	longformer           Beltagy et al. 2020: a window that grows from layer to layer
//	bigbird              Zaheer et al. 2020: blocks near, at the start, and at random
//	reformer             Kitaev et al. 2020: hashing, in every fourth layer
//	routing-transformer  Roy et al. 2021: clusters, in half of the heads
//	performer            Choromanski et al. 2021: random features
var Sparse = map[string]struct{ Attention, Positions string }{
	"sparse-transformer":  {"fixed(64, 16)", "absolute"},
	"longformer":          {"window(32..256)", "relative"},
	"bigbird":             {"bigbird(32)", "absolute"},
	"reformer":            {"lsh(16, hashes: 2, chunk: 64, every: 4)", "absolute"},
	"routing-transformer": {"routing(8, 128)", "rotary"},
	"performer":           {"favor(128)", "absolute"},
}
