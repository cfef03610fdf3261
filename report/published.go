package report

import (
	"strconv"
	"strings"

	"hgbench/plots"
	"hgbench/results"
	published_ "hgbench/results/published"
)

// published is what papers report on the data of the records, told apart from
// everything that was measured here.
type published struct {
	Dataset string
	Metric  string
	Groups  []publishedGroup
	Figure  *figure
}

// publishedGroup is models of one kind: autoregressive, or not.
type publishedGroup struct {
	Name string
	Rows []publishedRow
}

type publishedRow struct{ Model, Bits, Split, Parameters, Origin string }

// datasets of papers, by how names of corpora start.
var datasets = []struct{ corpus, dataset string }{
	{"enwik", "enwik8"}, {"cifar", "CIFAR-10"}, {"imagenet32", "ImageNet32"}, {"imagenet64", "ImageNet64"},
}

// newPublished finds what was published on the data of the records; nil when
// that is nothing, or they are on different data.
func newPublished(records results.Records, s *sheet) (*published, error) {
	dataset := ""
	for _, r := range records {
		of := datasetOf(r.Data.Name)
		if of == "" || dataset != "" && of != dataset {
			return nil, nil
		}
		dataset = of
	}
	figures, err := published_.On(dataset)
	if err != nil {
		return nil, nil
	}
	out := &published{Dataset: dataset}
	groups := map[bool]*publishedGroup{true: {Name: "autoregressive, as Hourglass is"}, false: {Name: "not autoregressive"}}
	for _, f := range figures {
		out.Metric = strings.ToUpper(f.Metric)
		row := publishedRow{Model: f.Model, Bits: strconv.FormatFloat(f.Bits(), 'f', -1, 64), Split: f.Split, Origin: f.Origin}
		if f.Bound {
			row.Bits = "≤ " + row.Bits
		}
		if f.ParametersMillions > 0 {
			row.Parameters = strconv.FormatFloat(f.ParametersMillions, 'f', -1, 64) + " M"
		}
		g := groups[f.Autoregressive]
		g.Rows = append(g.Rows, row)
	}
	for _, autoregressive := range []bool{true, false} {
		if g := groups[autoregressive]; len(g.Rows) > 0 {
			out.Groups = append(out.Groups, *g)
		}
	}
	if dataset != "enwik8" { // of which the paper gives memory too
		return out, nil
	}
	f, err := plots.Efficiency(records, results.PeakMemory, plots.Options{Published: true})
	if err != nil {
		return out, nil // nothing here to see it beside
	}
	f.Name += "-published"
	drawn, err := newFigure(f, s, runsOf(records))
	if err != nil {
		return nil, err
	}
	out.Figure = &drawn
	return out, nil
}

func datasetOf(corpus string) string {
	name := strings.ReplaceAll(strings.ToLower(corpus), "-", "")
	for _, d := range datasets {
		if strings.HasPrefix(name, d.corpus) {
			return d.dataset
		}
	}
	return ""
}
