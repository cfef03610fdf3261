package bench

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
)

// ProgramSHA256 is the hash of the executable that runs.
func ProgramSHA256() (string, error) {
	p, err := currentProgram()
	return p.SHA256, err
}

// program is the code that runs, for who must go on with the same.
type program struct {
	Commit string `json:"commit"` // for people: source may have been changed since
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

// same says whether two programs compute the same, as the same source does when
// it is built again.
func (p program) same(other program) bool { return p.SHA256 == other.SHA256 }

func (p program) String() string {
	return fmt.Sprintf("%s (SHA-256 %.8s…)", cmp.Or(p.Commit, "of no commit"), p.SHA256)
}
