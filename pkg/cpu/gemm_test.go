package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"hgbench/pkg/graph"
)

// newProduct makes a product with random operands and memory of its own.
func newProduct(r *rand.Rand, s shape) product[float32] {
	g := product[float32]{
		shape: s, a: random(r, s.m*s.k), b: random(r, s.k*s.n), c: make([]float32, s.m*s.n),
		lda: s.k, ldb: s.n, ldc: s.n,
	}
	if s.transA {
		g.lda = s.m
	}
	if s.transB {
		g.ldb = s.k
	}
	return g
}

// multiply runs the product on so many threads.
func multiply(ks *kernels[float32], g product[float32], threads int) {
	p := newPool(threads)
	defer p.close()
	for _, w := range p.workers {
		w.scratch = make([]byte, 4*ks.gemmScratch(g.shape))
	}
	g.workspace = make([]float32, ks.gemmWorkspace(g.shape))
	p.run(newJob(ks.phases(g)))
}

// naive returns op(A)·op(B) + bias + residual in float64 and Σ|terms|.
func naive(g product[float32]) (z, size []float64) {
	z, size = make([]float64, g.m*g.n), make([]float64, g.m*g.n)
	for i := range g.m {
		for j := range g.n {
			at := i*g.n + j
			add := func(x float64) { z[at] += x; size[at] += math.Abs(x) }
			if g.bias != nil {
				add(float64(g.bias[j]))
			}
			if g.residual != nil {
				add(float64(g.residual[at]))
			}
			for p := range g.k {
				a, b := i*g.lda+p, p*g.ldb+j
				if g.transA {
					a = p*g.lda + i
				}
				if g.transB {
					b = j*g.ldb + p
				}
				add(float64(g.a[a]) * float64(g.b[b]))
			}
		}
	}
	return z, size
}

func TestProduct(t *testing.T) {
	shapes := []shape{{m: 1, n: 1, k: 1}, {m: 5, n: 3, k: 0}, {m: 130, n: 70, k: 90}, {m: 31, n: 50, k: 600}, {m: 260, n: 33, k: 17}, {m: 20, n: 30, k: 2000}}
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, s := range shapes {
			for mode := range 3 {
				s.transA, s.transB = mode == 1, mode == 2
				for _, with := range []string{"", "bias", "residual", "bias residual", "accumulate"} {
					g := newProduct(r, s)
					switch with {
					case "bias", "bias residual":
						g.bias = random(r, s.n)
					case "accumulate":
						copy(g.c, random(r, s.m*s.n))
						g.residual = g.c
					}
					if with == "residual" || with == "bias residual" {
						g.residual = random(r, s.m*s.n)
					}
					want, size := naive(g)
					multiply(ks, g, 1)
					for i, x := range g.c {
						if math.Abs(float64(x)-want[i]) > 1e-6*size[i] {
							t.Fatalf("%+v %s: element %d is %v, want %v", s, with, i, x, want[i])
						}
					}
				}
			}
		}
	})
}

// TestProductThreads checks that the bits do not depend on the number of
// threads, with and without split sums.
func TestProductThreads(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, s := range []shape{{m: 300, n: 65, k: 300}, {m: 64, n: 64, k: 3000, transA: true}} {
			g := newProduct(r, s)
			multiply(ks, g, 1)
			one := append([]float32(nil), g.c...)
			for _, threads := range []int{2, 3} {
				multiply(ks, g, threads)
				if err := sameBits(g.c, one); err != nil {
					t.Fatalf("%+v: %d threads: %v", s, threads, err)
				}
			}
		}
	})
}

// TestProductGather checks that copying A before use changes no bit.
func TestProductGather(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(15, 16))
		for _, s := range []shape{{m: 120, n: 40, k: 1024}, {m: 70, n: 50, k: 600, transA: true}} {
			g := newProduct(r, s)
			in, gather := *ks, *ks
			in.gatherRows, in.gatherColumns = false, false
			gather.gatherRows, gather.gatherColumns = true, true
			multiply(&in, g, 1)
			inPlace := append([]float32(nil), g.c...)
			multiply(&gather, g, 1)
			if err := sameBits(g.c, inPlace); err != nil {
				t.Fatalf("%+v: %v", s, err)
			}
		}
	})
}

// TestProductAllocates nothing, once its phases are made.
func TestProductAllocates(t *testing.T) {
	ks, r := kernelsFor[float32](), rand.New(rand.NewPCG(17, 18))
	for _, s := range []shape{{m: 64, n: 70, k: 64}, {m: 64, n: 70, k: 600, transA: true}, {m: 64, n: 70, k: 64, transB: true}} {
		g := newProduct(r, s)
		g.f, g.bias = graph.GELU, random(r, s.n)
		g.workspace = make([]float32, ks.gemmWorkspace(s))
		w := &worker{scratch: make([]byte, 4*ks.gemmScratch(s))}
		phases := ks.phases(g)
		n := testing.AllocsPerRun(10, func() {
			for _, p := range phases {
				for t := range p.tiles {
					p.run(w, t)
				}
			}
		})
		if n != 0 {
			t.Errorf("%+v: %v allocations", s, n)
		}
	}
}

// TestProductRows checks that a row of the result does not depend on how many
// rows there are: the causality of a model rests on it.
func TestProductRows(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(11, 12))
		g := newProduct(r, shape{m: 300, n: 65, k: 520})
		multiply(ks, g, 1)
		for _, m := range []int{1, 2, 15, 113, 299} {
			part := g
			part.m, part.c = m, make([]float32, m*g.n)
			multiply(ks, part, 1)
			if err := sameBits(part.c, g.c[:m*g.n]); err != nil {
				t.Fatalf("%d rows: %v", m, err)
			}
		}
	})
}

// TestProductEpilogue checks fused activations against the row kernels.
func TestProductEpilogue(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, s := range []shape{{m: 120, n: 70, k: 40}, {m: 40, n: 48, k: 4000, transA: true}} {
			for _, f := range []graph.Func{graph.GELU, graph.ReLU} {
				forward, backward := ks.gelu, ks.geluGrad
				if f == graph.ReLU {
					forward, backward = ks.relu, ks.reluGrad
				}
				name := fmt.Sprintf("%+v %v", s, f)
				g := newProduct(r, s)
				g.bias = random(r, s.n)
				multiply(ks, g, 1)
				z := append([]float32(nil), g.c...)
				y := make([]float32, len(z))
				rows := func(do func(lo, hi int)) {
					for lo := 0; lo < len(z); lo += s.n {
						do(lo, lo+s.n)
					}
				}
				rows(func(lo, hi int) { forward(y[lo:hi], z[lo:hi]) })

				g.f = f
				multiply(ks, g, 1)
				if err := sameBits(g.c, y); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				clear(g.c)
				g.z = make([]float32, len(z))
				multiply(ks, g, 1)
				if err := sameBits(g.c, y); err != nil {
					t.Fatalf("%s with z: %v", name, err)
				}
				if err := sameBits(g.z, z); err != nil {
					t.Fatalf("%s: z: %v", name, err)
				}

				g.z, g.grad, g.input = nil, true, random(r, len(z))
				dx := make([]float32, len(z))
				rows(func(lo, hi int) { backward(dx[lo:hi], z[lo:hi], g.input[lo:hi]) })
				rows(func(lo, hi int) { forward(y[lo:hi], g.input[lo:hi]) })
				multiply(ks, g, 1)
				if err := sameBits(g.c, dx); err != nil {
					t.Fatalf("%s gradient: %v", name, err)
				}
				g.output = make([]float32, len(z))
				multiply(ks, g, 1)
				if err := sameBits(g.output, y); err != nil {
					t.Fatalf("%s output: %v", name, err)
				}
				if err := sameBits(g.c, dx); err != nil {
					t.Fatalf("%s gradient with output: %v", name, err)
				}
			}
		}
	})
}
