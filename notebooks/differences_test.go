package notebooks

import "fmt"

// differences between what a notebook was committed with and what it shows.
func differences(committed, executed notebook) []string {
	if len(committed.Cells) != len(executed.Cells) {
		return []string{fmt.Sprintf("%d cells became %d", len(committed.Cells), len(executed.Cells))}
	}
	var faults []string
	for i, c := range committed.Cells {
		want, got := c.shown(), executed.Cells[i].shown()
		if len(want) != len(got) {
			faults = append(faults, fmt.Sprintf("cell %d shows %d things, committed are %d", i, len(got), len(want)))
			continue
		}
		for k := range want {
			if fault := want[k].differs(got[k]); fault != "" {
				faults = append(faults, fmt.Sprintf("cell %d: %s", i, fault))
			}
		}
	}
	return faults
}

// shown is one thing that a cell shows: its MIME type and content.
type shown struct{ kind, content string }

// shown are the things that a cell shows, in an order of their own. Streams may
// come in any number of pieces.
func (c cell) shown() []shown {
	var all []shown
	stream := ""
	for _, o := range c.Outputs {
		stream += string(o.Text)
		for _, kind := range []string{"image/png", "text/html", "text/markdown", "text/plain"} {
			if content, ok := o.Data[kind]; ok {
				all = append(all, shown{kind, string(content)})
			}
		}
	}
	if stream != "" {
		all = append(all, shown{"stream", stream})
	}
	return all
}

func (s shown) differs(got shown) string {
	switch {
	case s.kind != got.kind:
		return fmt.Sprintf("it shows %s, committed is %s", got.kind, s.kind)
	case s.content == got.content:
		return ""
	case s.kind == "image/png":
		if err := samePicture(s.content, got.content); err != nil {
			return "the figure has changed: " + err.Error()
		}
		return ""
	}
	return fmt.Sprintf("it shows\n%.500s\ncommitted is\n%.500s", got.content, s.content)
}
