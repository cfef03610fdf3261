package cpu

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages, which save address translations in long
// strided reads. Refusal is harmless.
func adviseHuge(m []byte) { _ = unix.Madvise(m, unix.MADV_HUGEPAGE) }
