package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// attention emits the functions of attentionRows.
func (v vector) attention() {
	v.maxRows()
	v.expRows()
	v.gradientRows()
	v.biasRows()
	v.scaleRows()
	v.combineRows()
	v.copyRows()
	v.fetchRows()
	v.fetchListed()
	v.gatherRows()
	v.scatterRows()
	v.scatterAddRows()
	v.hideRows()
	v.linear()
	v.hideSpan()
	v.rotated()
	v.multiply()
	v.dropGradient()
	v.keep4()
}

// block is a function over rows of a matrix while it is being emitted. Its
// pointers move on by one row each.
type block struct {
	*row
	rows     reg.Register
	pointers []reg.Register
	strides  []Op
}

func (v vector) beginBlock(name, signature, doc string) *block {
	TEXT(name+v.suffix, NOSPLIT, "func(rows, cols int, "+signature+")")
	Doc(name + v.suffix + " is attentionRows." + doc + ".")
	return &block{row: &row{vector: v, left: GP64(), offset: GP64()}, rows: Load(Param("rows"), GP64())}
}

// matrix is a slice that moves on by the bytes of a stride parameter each row.
func (b *block) matrix(slice, stride string) reg.Register {
	b.strides = append(b.strides, bytes(stride))
	b.pointers = append(b.pointers, pointer(slice))
	return b.pointers[len(b.pointers)-1]
}

// column is a slice with one element a row.
func (b *block) column(slice string) reg.Register {
	b.strides = append(b.strides, Imm(4))
	b.pointers = append(b.pointers, pointer(slice))
	return b.pointers[len(b.pointers)-1]
}

// each row runs the body, which must use restart before every loop over the
// columns.
func (b *block) eachRow(body func()) {
	TESTQ(b.rows, b.rows)
	JZ(LabelRef("rowsdone"))
	Label("row")
	body()
	for i, p := range b.pointers {
		ADDQ(b.strides[i], p)
	}
	DECQ(b.rows)
	JNZ(LabelRef("row"))
	Label("rowsdone")
	b.end()
}

// restart makes the next loop start at the first column.
func (b *block) restart() {
	Load(Param("cols"), b.left)
	XORQ(b.offset, b.offset)
}

// power evaluates 2ˣ = 2ⁿ·2ʳ, where n = floor(x) and 0 ≤ r < 1, with a polynomial
// for 2ʳ (Chebyshev interpolation of (2ʳ−1)/r) whose relative error is 5e-9.
// It is what softmax needs, in a third less instructions than eˣ, when the
// scores are in units of ln 2. Results are within 1 ulp.
type power struct {
	v           vector
	least, most Op
	poly        []Op
	one         Op
}

func (v vector) power() power {
	e := power{v: v, least: v.constant(-200), one: v.constant(1)}
	if v.bits == 256 {
		e.most = v.constant(129)
	}
	for _, c := range []float64{0.00020817915043540742, 0.0012692166069140853, 0.009652195056014735, 0.05549602356402293, 0.24022720418109816, 0.6931471708649766} {
		e.poly = append(e.poly, v.constant(c))
	}
	return e
}

// of replaces x by 2ˣ; NaN stays.
func (e *power) of(x reg.VecVirtual) {
	const down = 1 // rounding mode
	v := e.v
	least := v.inRegister(e.least)
	VMAXPS(x, least, x)
	r := v.register()
	if v.bits == 512 {
		VREDUCEPS(Imm(down), x, r)
		p := e.polynomial(r)
		VSCALEFPS(x, p, x)
		return
	}
	most := v.inRegister(e.most)
	VMINPS(x, most, x)
	n := YMM()
	VROUNDPS(Imm(down), x, n)
	VSUBPS(n, x, r)
	p := e.polynomial(r)
	v.scaleByPower(p, n, e.one)
	VMOVAPS(p, x)
}

func (e *power) polynomial(r reg.VecVirtual) reg.VecVirtual {
	p := e.v.copy(e.poly[0])
	for _, c := range e.poly[1:] {
		VFMADD213PS(c, r, p)
	}
	VFMADD213PS(e.one, r, p)
	return p
}

// scaleByPower multiplies p by 2ⁿ, as two factors since 2ⁿ itself need not be
// a normal number.
func (v vector) scaleByPower(p, n reg.VecVirtual, one Op) {
	half := YMM()
	VCVTPS2DQ(n, n)
	VPSRAD(Imm(1), n, half)
	VPSUBD(half, n, n)
	for _, k := range []reg.VecVirtual{half, n} {
		VPSLLD(Imm(23), k, k)
		VPADDD(one, k, k) // 1.0 is exponent 127
		VMULPS(k, p, p)
	}
}

// reference replaces −Inf by 0 in all lanes of x: what a row is compared with
// that has no keys yet.
func (v vector) reference(x, least reg.VecVirtual) {
	const notEqual = 4
	if v.bits == 512 {
		some := K()
		VCMPPS(Imm(notEqual), least, x, some)
		VMOVAPS_Z(x, some, x)
		return
	}
	some := YMM()
	VCMPPS(Imm(notEqual), least, x, some)
	VANDPS(some, x, x)
}

func (v vector) maxRows() {
	b := v.beginBlock("maxRows", "scores []float32, ld int, high, shift []float32", "max")
	scores := b.matrix("scores", "ld")
	high, shift := b.column("high"), b.column("shift")
	least := v.broadcast(math.Inf(-1))
	b.eachRow(func() {
		b.restart()
		acc := v.accumulators(2)
		before := XMM()
		VMOVSS(Mem{Base: high}, before)
		VBROADCASTSS(before, acc[0])
		VMOVAPS(least, acc[1])
		b.each(2, func(u int, at func(reg.Register) Mem, mask reg.Register) {
			y := v.get(at(scores), mask)
			v.fill(y, mask, least)
			VMAXPS(acc[u], y, acc[u])
		})
		top := v.fold(acc, func(x, y, dst Op) { VMAXPS(x, y, dst) })
		VMOVSS(top, Mem{Base: high})
		zero := v.spread(top)
		v.reference(zero, least)
		VSUBSS(zero.AsX(), before, before)
		VMOVSS(before, Mem{Base: shift})
	})
}

func (v vector) expRows() {
	b := v.beginBlock("expRows", "scores []float32, ld int, high, sum []float32", "exp")
	scores := b.matrix("scores", "ld")
	high, sum := b.column("high"), b.column("sum")
	least := v.broadcast(math.Inf(-1))
	e := v.power()
	b.eachRow(func() {
		b.restart()
		zero := v.register()
		VBROADCASTSS(Mem{Base: high}, zero)
		v.reference(zero, least)
		total := v.accumulators(1)
		b.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
			y := v.get(at(scores), mask)
			VSUBPS(zero, y, y)
			e.of(y)
			v.store(y, at(scores), mask)
			v.keep(y, mask)
			VADDPS(y, total[0], total[0])
		})
		VMOVSS(v.total(total), Mem{Base: sum})
	})
}

func (v vector) gradientRows() {
	b := v.beginBlock("gradientRows", "scores, grads []float32, ld int, lse, delta []float32", "gradient")
	scores, grads := b.matrix("scores", "ld"), b.matrix("grads", "ld")
	lse, delta := b.column("lse"), b.column("delta")
	least := v.broadcast(math.Inf(-1))
	e := v.power()
	b.eachRow(func() {
		b.restart()
		zero, shift := v.register(), v.register()
		VBROADCASTSS(Mem{Base: lse}, zero)
		VBROADCASTSS(Mem{Base: delta}, shift)
		v.reference(zero, least)
		b.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
			y := v.get(at(scores), mask)
			VSUBPS(zero, y, y)
			e.of(y)
			v.store(y, at(scores), mask)
			d := v.get(at(grads), mask)
			VSUBPS(shift, d, d)
			VMULPS(y, d, d)
			v.store(d, at(grads), mask)
		})
	})
}

func (v vector) biasRows() {
	b := v.beginBlock("biasRows", "y, z []float32, ld int, x []float32, ldx int, u, w []float32, a float32", "bias")
	y, z, x := b.matrix("y", "ld"), b.matrix("z", "ld"), b.matrix("x", "ldx")
	u, w, a := pointer("u"), pointer("w"), v.param("a")
	b.eachRow(func() {
		b.restart()
		b.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
			s := v.get(at(x), mask)
			t := v.register()
			VADDPS(v.get(at(w), mask), s, t)
			VADDPS(v.get(at(u), mask), s, s)
			VMULPS(a, s, s)
			VMULPS(a, t, t)
			v.store(s, at(y), mask)
			v.store(t, at(z), mask)
		})
	})
}

func (v vector) combineRows() {
	b := v.beginBlock("combineRows", "dst []float32, ldd int, x, y []float32, ld int, dx, dy []float32, a float32", "combine")
	dst, x, y := b.matrix("dst", "ldd"), b.matrix("x", "ld"), b.matrix("y", "ld")
	dx, dy, a := pointer("dx"), pointer("dy"), v.param("a")
	b.eachRow(func() {
		b.restart()
		b.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
			s, t := v.get(at(x), mask), v.get(at(y), mask)
			VMULPS(a, s, s)
			VMULPS(a, t, t)
			sums := v.get(at(dx), mask)
			VADDPS(s, sums, sums)
			v.store(sums, at(dx), mask)
			sums = v.get(at(dy), mask)
			VADDPS(t, sums, sums)
			v.store(sums, at(dy), mask)
			VADDPS(t, s, s)
			VADDPS(v.get(at(dst), mask), s, s)
			v.store(s, at(dst), mask)
		})
	})
}

func (v vector) copyRows() {
	b := v.beginBlock("copyRows", "dst []float32, ldd int, x []float32, ldx int", "copy")
	dst, x := b.matrix("dst", "ldd"), b.matrix("x", "ldx")
	b.eachRow(func() {
		b.restart()
		b.each(4, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
			v.store(v.get(at(x), mask), at(dst), mask)
		})
	})
}

func (v vector) fetchRows() {
	b := v.beginBlock("fetchRows", "x []float32, ldx int", "fetch")
	x := b.matrix("x", "ldx")
	b.eachRow(func() { b.fetch(x) })
}

func (v vector) fetchListed() {
	b := v.beginBlock("fetchListed", "x []float32, ldx int, list []int32", "fetchListed")
	chosen := b.chosen("x", "ldx")
	b.eachRow(func() { b.fetch(chosen()) })
}

// fetch prefetches a row.
func (b *block) fetch(row reg.Register) {
	const line = 64
	b.restart()
	Label("line")
	PREFETCHT1(Mem{Base: row, Index: b.offset, Scale: 1})
	ADDQ(Imm(line), b.offset)
	SUBQ(Imm(line/4), b.left)
	JG(LabelRef("line"))
}

func (v vector) hideRows() {
	b := v.beginBlock("hideRows", "scores []float32, ld, from int", "hide")
	scores := b.matrix("scores", "ld")
	from := Load(Param("from"), GP64())
	least := v.broadcast(math.Inf(-1))
	b.eachRow(func() {
		XORQ(b.offset, b.offset)
		TESTQ(from, from)
		CMOVQGT(from, b.offset)
		Load(Param("cols"), b.left)
		SUBQ(b.offset, b.left)
		JLE(LabelRef("shown"))
		SHLQ(Imm(2), b.offset)
		b.each(1, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
			v.store(least, at(scores), mask)
		})
		Label("shown")
		INCQ(from)
	})
}

func (v vector) hideSpan() {
	TEXT("hideSpan"+v.suffix, NOSPLIT, "func(scores []float32, slots []int32, first, last int32)")
	Doc("hideSpan" + v.suffix + " is attentionRows.hideSpan.")
	r := &row{vector: v, left: GP64(), offset: GP64()}
	r.rewind("scores")
	scores, slots := pointer("scores"), pointer("slots")
	first, span := v.param("first"), v.param("last")
	VPSUBD(first, span, span)
	least := v.broadcast(math.Inf(-1))
	r.each(1, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y := v.get(at(slots), mask)
		VPSUBD(first, y, y)
		if v.bits == 512 {
			const notAbove = 2
			hidden := K()
			VPCMPUD(Imm(notAbove), span, y, hidden)
			if mask != nil {
				KANDW(mask, hidden, hidden)
			}
			v.store(least, at(scores), hidden)
			return
		}
		hidden := YMM()
		VPMINUD(y, span, hidden)
		VPCMPEQD(y, hidden, hidden)
		v.keep(hidden, mask)
		v.store(least, at(scores), hidden)
	})
	v.end()
}

func (v vector) multiply() {
	TEXT("multiply"+v.suffix, NOSPLIT, "func(dst, x []float32)")
	Doc("multiply" + v.suffix + " is attentionRows.multiply.")
	r := &row{vector: v, left: GP64(), offset: GP64()}
	r.rewind("dst")
	dst, x := pointer("dst"), pointer("x")
	r.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y := v.get(at(x), mask)
		VMULPS(v.get(at(dst), mask), y, y)
		v.store(y, at(dst), mask)
	})
	v.end()
}

func (v vector) dropGradient() {
	TEXT("dropGradient"+v.suffix, NOSPLIT, "func(p, grads, keep []float32, delta float32)")
	Doc("dropGradient" + v.suffix + " is attentionRows.dropGradient.")
	r := &row{vector: v, left: GP64(), offset: GP64()}
	r.rewind("p")
	p, grads, keep := pointer("p"), pointer("grads"), pointer("keep")
	delta := v.param("delta")
	r.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y, d, k := v.get(at(p), mask), v.get(at(grads), mask), v.get(at(keep), mask)
		VMULPS(k, d, d)
		VSUBPS(delta, d, d)
		VMULPS(y, d, d)
		v.store(d, at(grads), mask)
		VMULPS(k, y, y)
		v.store(y, at(p), mask)
	})
	v.end()
}

// keep4 emits Philox4x32-10 (package philox) on as many blocks at once as a
// register has 64-bit lanes, of which the 32-bit words are the low halves: what
// is in the high ones does not matter to a multiplication.
func (v vector) keep4() {
	TEXT("keep"+v.suffix, NOSPLIT, "func(dst []float32, block uint64, step, stream, key0, key1, threshold uint32, value float32)")
	Doc("keep" + v.suffix + " is attentionRows.keep.")
	dst := pointer("dst")
	left := Load(Param("dst").Len(), GP64())
	// The order of blocks such that unpacking pairs of lanes sorts them.
	order := GLOBL("order"+v.suffix, RODATA|NOPTR)
	lanes := v.bits / 64
	for i := range lanes {
		DATA(8*i, U64(i%2*lanes/2+i/2))
	}
	fixed := func(name string, bits uint64) reg.VecVirtual {
		m := GLOBL(name+v.suffix, RODATA|NOPTR)
		DATA(0, U64(bits))
		x := v.register()
		VPBROADCASTQ(m, x)
		return x
	}
	xor := func(x, y reg.VecVirtual) {
		if v.bits == 512 {
			VPXORQ(x, y, y)
		} else {
			VPXOR(x, y, y)
		}
	}
	p, err := Param("block").Resolve()
	if err != nil {
		panic(err)
	}
	block, ahead := v.register(), fixed("ahead", uint64(lanes))
	VPBROADCASTQ(p.Addr, block)
	VPADDQ(order, block, block)
	mul0, mul1 := fixed("mul0", 0xD2511F53), fixed("mul1", 0xCD9E8D57)
	weyl := []reg.VecVirtual{fixed("weyl0", 0x9E3779B9_9E3779B9), fixed("weyl1", 0xBB67AE85_BB67AE85)}
	threshold, value := v.param("threshold"), v.param("value")
	var odd reg.Register
	if v.bits == 512 {
		bits := GP32()
		MOVL(U32(0xAAAA), bits)
		odd = K()
		KMOVW(bits, odd)
	}

	TESTQ(left, left)
	JZ(LabelRef("done"))
	Label("loop")
	c := []reg.VecVirtual{v.register(), v.register(), v.param("step"), v.param("stream")}
	v.move(block, c[0])
	VPSRLQ(Imm(32), block, c[1])
	key := []reg.VecVirtual{v.param("key0"), v.param("key1")}
	for i := range 10 {
		if i > 0 {
			VPADDD(weyl[0], key[0], key[0])
			VPADDD(weyl[1], key[1], key[1])
		}
		p0, p1 := v.register(), v.register()
		VPMULUDQ(mul0, c[0], p0)
		VPMULUDQ(mul1, c[2], p1)
		n0, n2 := v.register(), v.register()
		VPSRLQ(Imm(32), p1, n0)
		VPSRLQ(Imm(32), p0, n2)
		if v.bits == 512 {
			const exclusiveOr = 0x96
			VPTERNLOGQ(Imm(exclusiveOr), key[0], c[1], n0)
			VPTERNLOGQ(Imm(exclusiveOr), key[1], c[3], n2)
		} else {
			xor(c[1], n0)
			xor(key[0], n0)
			xor(c[3], n2)
			xor(key[1], n2)
		}
		c = []reg.VecVirtual{n0, p1, n2, p0}
	}
	for i := 0; i < 4; i += 2 { // words i and i+1 side by side
		VPSLLQ(Imm(32), c[i+1], c[i+1])
		if v.bits == 512 {
			VPBLENDMD(c[i+1], c[i], odd, c[i])
		} else {
			VPBLENDD(Imm(0xAA), c[i+1], c[i], c[i])
		}
	}
	words := []reg.VecVirtual{v.register(), v.register()}
	VPUNPCKLQDQ(c[2], c[0], words[0])
	VPUNPCKHQDQ(c[2], c[0], words[1])
	for i, w := range words {
		out := Mem{Base: dst, Disp: i * v.bytes()}
		if v.bits == 512 {
			const notLess = 5
			k := K()
			VPCMPUD(Imm(notLess), threshold, w, k)
			x := v.register()
			VMOVAPS_Z(value, k, x)
			VMOVUPS(x, out)
			continue
		}
		most := v.register()
		VPMAXUD(threshold, w, most)
		VPCMPEQD(most, w, w)
		VANDPS(value, w, w)
		VMOVUPS(w, out)
	}
	VPADDQ(ahead, block, block)
	ADDQ(U32(2*v.bytes()), dst)
	SUBQ(U32(2*v.lanes()), left)
	JG(LabelRef("loop"))
	Label("done")
	v.end()
}

func (v vector) move(x, y reg.VecVirtual) {
	if v.bits == 512 {
		VMOVDQU64(x, y)
		return
	}
	VMOVDQU(x, y)
}
