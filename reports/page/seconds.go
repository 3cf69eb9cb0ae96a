package page

import (
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// pool is what the runs of a phase that count come to, by bin: sums, the longest schedule lag in µs, and merged
// histograms.
type pool struct {
	lengths, offered, completed, failed, lags []float64
	responses                                 []*measure.Histogram
}

func newPool(bins int) *pool {
	none := func() []float64 { return slices.Repeat([]float64{math.NaN()}, bins) }
	return &pool{none(), none(), none(), none(), none(), make([]*measure.Histogram, bins)}
}

// add takes a run in.
func (p *pool) add(b bins) error {
	for i, h := range b.responses {
		for _, sum := range []struct{ of, v []float64 }{
			{p.lengths, b.lengths}, {p.offered, b.offered}, {p.completed, b.completed}, {p.failed, b.failed},
		} {
			if !math.IsNaN(sum.v[i]) {
				add(&sum.of[i], sum.v[i])
			}
		}
		if v := b.lags[i]; b.lagged && !math.IsNaN(v) && !(p.lags[i] >= v) {
			p.lags[i] = v
		}
		if h == nil || h.Count() == 0 {
			continue
		}
		if p.responses[i] == nil {
			p.responses[i] = measure.NewSparseHistogram()
		}
		if err := p.responses[i].Merge(h); err != nil {
			return err
		}
	}
	return nil
}

// cell is the cell of a number; an empty one where it is not known.
func cell(v float64) chart.Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return chart.Cell{}
	}
	return chart.Cell{Number: v, Known: true}
}

// table has a row for each bin in which a run that counts was under load: what the live charts draw over time.
func (p *livePhase) table() *values {
	t := chart.Table{Title: "over time, of the runs that count", Columns: []chart.Column{
		{Name: "time", Unit: "s"}, {Name: "offered", Unit: "req/s"},
		{Name: "answered", Unit: "req/s"}, {Name: "failed", Unit: "req/s"},
	}}
	for _, q := range liveQuantiles {
		label := suite.Metric{Figure: suite.OfResponse, Quantile: q}.Label()
		t.Columns = append(t.Columns, chart.Column{Name: label, Unit: "ms"})
	}
	t.Columns = append(t.Columns, chart.Column{Name: "longest schedule lag", Unit: "ms"})
	for i, length := range p.pool.lengths {
		if !(length > 0) {
			continue
		}
		row := []chart.Cell{cell(float64((p.First + i) * p.Step))}
		for _, sum := range [][]float64{p.pool.offered, p.pool.completed, p.pool.failed} {
			row = append(row, cell(sum[i]/length))
		}
		for _, q := range liveQuantiles {
			v, known := figures.Quantile(p.pool.responses[i], q)
			if !known {
				v = math.NaN()
			}
			row = append(row, cell(v))
		}
		t.Rows = append(t.Rows, append(row, cell(p.pool.lags[i]/1000)))
	}
	return valuesOf(t)
}
