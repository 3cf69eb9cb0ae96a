package page

import (
	"math"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// add takes a run in: sums, the longest schedule lag, and merged histograms.
func (b *bins) add(run bins) error {
	for i, h := range run.responses {
		for _, sum := range []struct{ of, v []float64 }{
			{b.lengths, run.lengths}, {b.offered, run.offered}, {b.completed, run.completed}, {b.failed, run.failed},
		} {
			if !math.IsNaN(sum.v[i]) {
				add(&sum.of[i], sum.v[i])
			}
		}
		if v := run.lags[i]; run.lagged && !math.IsNaN(v) && !(b.lags[i] >= v) {
			b.lags[i] = v
		}
		if h == nil || h.Count() == 0 {
			continue
		}
		if b.responses[i] == nil {
			b.responses[i] = measure.NewSparseHistogram()
		}
		if err := b.responses[i].Merge(h); err != nil {
			return err
		}
	}
	return nil
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
		row := []chart.Cell{chart.Number(float64((p.First + i) * p.Step))}
		for _, sum := range [][]float64{p.pool.offered, p.pool.completed, p.pool.failed} {
			row = append(row, chart.Number(sum[i]/length))
		}
		for _, q := range liveQuantiles {
			v, known := figures.Quantile(p.pool.responses[i], q)
			if !known {
				v = math.NaN()
			}
			row = append(row, chart.Number(v))
		}
		t.Rows = append(t.Rows, append(row, chart.Number(p.pool.lags[i]/1000)))
	}
	return valuesOf(t)
}
