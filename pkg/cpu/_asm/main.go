// Command _asm generates the assembly of package cpu. Run it through go
// generate in the package's folder.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
)

var files = map[string]func(){
	"gemm-avx512":      func() { avx512.gemm(false); avx512.gemm(true); avx512.transpose(); avx512.copyBlock() },
	"gemm-avx2":        func() { avx2.gemm(false); avx2.gemm(true); avx2.transpose(); avx2.copyBlock() },
	"vec-avx512":       avx512.vec,
	"vec-avx2":         avx2.vec,
	"attention-avx512": avx512.attention,
	"attention-avx2":   avx2.attention,
	"peak":             func() { avx512.peak(); avx2.peak() },
}

func main() {
	name := flag.String("kernels", "", "what to generate: "+strings.Join(slices.Sorted(maps.Keys(files)), ", "))
	ConstraintExpr("!purego")
	flag.Parse()
	emit, ok := files[*name]
	if !ok {
		fmt.Fprintf(os.Stderr, "no kernels called %q\n", *name)
		os.Exit(2)
	}
	emit()
	Generate()
}
