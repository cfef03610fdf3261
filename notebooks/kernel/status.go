package kernel

import (
	"context"
	"os"
)

// Status is what is installed, and what it stands on.
type Status struct {
	Tools  Tools  `json:"tools"`
	Folder string `json:"folder"` // of the kernelspec
	Found  bool   `json:"found"`  // there is a kernelspec
	Ours   bool   `json:"ours"`   // it was installed from here

	Source string `json:"source,omitempty"` // folder that it was built from
	Binary string `json:"binary,omitempty"`
	Go     string `json:"go,omitempty"` // version that built it

	// Fault is what keeps the kernel from working, or from being what the
	// source is now; "" if nothing does.
	Fault string `json:"fault,omitempty"`
}

// CurrentStatus looks at what is installed.
func CurrentStatus(ctx context.Context) (Status, error) {
	s := Status{Tools: FindTools(ctx)}
	var err error
	if s.Folder, err = SpecFolder(); err != nil {
		return s, err
	}
	spec, found, err := readSpec(s.Folder)
	if err != nil {
		return s, err
	}
	s.Found, s.Ours = found, spec.Metadata.Hgbench != nil
	if !s.Ours {
		return s, nil
	}
	s.Source, s.Go = spec.Metadata.Hgbench.Source, spec.Metadata.Hgbench.Go
	if len(spec.Argv) > 0 {
		s.Binary = spec.Argv[0]
	}
	s.Fault = fault(s.Binary, spec.Metadata.Hgbench)
	return s, nil
}

func fault(binary string, o *origin) string {
	if _, err := os.Stat(binary); err != nil {
		return "its program is gone"
	}
	switch digest, err := sourceDigest(o.Source); {
	case err != nil:
		return "its source is gone"
	case digest != o.Digest:
		return "the source has changed since"
	}
	return ""
}
