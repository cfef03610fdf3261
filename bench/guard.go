package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"unsafe"
)

// guarded calls f, and makes an error of a fault in the corpus: a file that is
// cut short, or whose disk fails, while it is mapped.
func (r *run) guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		fault, ok := p.(interface { // see debug.SetPanicOnFault
			error
			Addr() uintptr
		})
		if !ok || !r.inCorpus(fault.Addr()) {
			panic(p)
		}
		err = fmt.Errorf("corpus %s cannot be read any more: its file was cut short, or its disk failed (%w)", r.spec.Data, fault)
	}()
	return f()
}

// inCorpus says whether an address is in the corpus, which may just be opened.
func (r *run) inCorpus(address uintptr) bool {
	if r.corpus == nil {
		return true
	}
	for _, split := range [][]byte{r.corpus.Train, r.corpus.Valid, r.corpus.Test} {
		start := uintptr(unsafe.Pointer(unsafe.SliceData(split)))
		if start <= address && address < start+uintptr(len(split)) {
			return true
		}
	}
	return false
}

// checkCorpus reads the corpus once more: what was trained on must be what the
// record says.
func (r *run) checkCorpus() error {
	h := sha256.New()
	for _, split := range [][]byte{r.corpus.Train, r.corpus.Valid, r.corpus.Test} {
		h.Write(split)
	}
	if now := hex.EncodeToString(h.Sum(nil)); now != r.corpus.SHA256 {
		return fmt.Errorf("corpus %s was changed during the run: its SHA-256 was %s and is %s, so this is the result of neither",
			r.spec.Data, r.corpus.SHA256, now)
	}
	if r.corpus.Written() { // and changed back, perhaps
		return fmt.Errorf("corpus %s was written to during the run: its bytes are what they were, and nobody knows whether they always were; the same command goes on from before that",
			r.spec.Data)
	}
	return nil
}
