package cpu

import (
	"fmt"
	"unsafe"

	"hgbench/pkg/graph"
)

// element is a type that values are made of.
type element interface{ ~float32 | ~float64 | ~int32 }

// view reads n elements at the start of memory as values of type T.
func view[T element](memory []byte, n int) []T {
	var zero T
	if n*int(unsafe.Sizeof(zero)) > len(memory) {
		panic(fmt.Sprintf("cpu: view of %d elements in %d bytes", n, len(memory)))
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(memory))), n)
}

func alignUp(n int64) int64 { return (n + graph.Align - 1) / graph.Align * graph.Align }
