package bench

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// program is the code that runs, for who must go on with the same.
type program struct {
	Commit string `json:"commit"`
	SHA256 string `json:"sha256"` // of the executable
}

var currentProgram = sync.OnceValues(func() (program, error) {
	p := program{Commit: CurrentVersions().Commit}
	path, err := os.Executable()
	if err != nil {
		return p, fmt.Errorf("which program this is: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return p, fmt.Errorf("which program this is: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return p, fmt.Errorf("which program this is: %w", err)
	}
	p.SHA256 = hex.EncodeToString(h.Sum(nil))
	return p, nil
})

// same says whether two programs compute the same: they are the same to the
// byte, or made from the same source.
func (p program) same(other program) bool {
	return p.SHA256 == other.SHA256 || p.Commit == other.Commit && p.Commit != "" && !strings.HasSuffix(p.Commit, "+dirty")
}

func (p program) String() string {
	return fmt.Sprintf("%s (SHA-256 %.8s…)", cmp.Or(p.Commit, "of no commit"), p.SHA256)
}
