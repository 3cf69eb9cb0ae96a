package figures

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Pool is several runs taken together: histograms merged, counts and processor times
// summed. No percentile is ever averaged.
type Pool struct {
	Window *measure.Window // from 0 to the sum of the windows' lengths; has no seconds
	usage  *measure.Usage
	runs   int
	works  int // workers of the phase
}

// pool merges the windows of the trials that have one; nil when none has.
func pool(trials []archive.Trial, workers int) (*Pool, error) {
	p := &Pool{Window: measure.NewWindow(0, 0), usage: &measure.Usage{}, works: workers}
	for _, t := range trials {
		if t.Window == nil {
			continue
		}
		if err := p.add(t); err != nil {
			return nil, fmt.Errorf("pool run %d: %w", t.Number, err)
		}
	}
	if p.runs == 0 {
		return nil, nil
	}
	sortBreakdowns(p.Window.Endpoints)
	sortBreakdowns(p.Window.Workers)
	slices.SortStableFunc(p.Window.Errors, func(a, b measure.ErrorCount) int { return cmp.Compare(b.Count, a.Count) })
	return p, nil
}

func (p *Pool) add(t archive.Trial) error {
	w, from := p.Window, t.Window
	w.End += from.End - from.Start
	w.Offered += from.Offered
	w.Sent += from.Sent
	w.Unsent += from.Unsent
	w.Succeeded += from.Succeeded
	w.Failed += from.Failed
	w.Completed += from.Completed
	w.OutOfRange += from.OutOfRange
	for _, h := range []struct{ into, from *measure.Histogram }{
		{w.Response, from.Response}, {w.Service, from.Service}, {w.ScheduleLag, from.ScheduleLag}, {w.Wait, from.Wait},
	} {
		if err := merge(h.into, h.from); err != nil {
			return err
		}
	}
	var err error
	if w.Endpoints, err = addBreakdowns(w.Endpoints, from.Endpoints); err != nil {
		return err
	}
	if w.Workers, err = addBreakdowns(w.Workers, from.Workers); err != nil {
		return err
	}
	w.Errors = addErrors(w.Errors, from.Errors)
	if t.Usage == nil { // its processor time is not known, so neither is the sum
		p.usage = nil
	}
	if p.usage != nil {
		p.usage.Series = append(p.usage.Series, t.Usage.Series...)
	}
	p.runs++
	return nil
}

func merge(into, from *measure.Histogram) error {
	if from == nil {
		return nil
	}
	return into.Merge(from)
}

func addBreakdowns(into, from []measure.Breakdown) ([]measure.Breakdown, error) {
	for _, b := range from {
		i := slices.IndexFunc(into, func(o measure.Breakdown) bool { return o.Name == b.Name })
		if i < 0 {
			into = append(into, measure.Breakdown{
				Name: b.Name, Response: measure.NewSparseHistogram(), Service: measure.NewSparseHistogram(),
			})
			i = len(into) - 1
		}
		into[i].Succeeded += b.Succeeded
		into[i].Failed += b.Failed
		if err := merge(into[i].Response, b.Response); err != nil {
			return nil, err
		}
		if err := merge(into[i].Service, b.Service); err != nil {
			return nil, err
		}
	}
	return into, nil
}

func addErrors(into, from []measure.ErrorCount) []measure.ErrorCount {
	for _, e := range from {
		i := slices.IndexFunc(into,
			func(o measure.ErrorCount) bool { return o.Endpoint == e.Endpoint && o.Message == e.Message })
		if i < 0 {
			into = append(into, e)
			continue
		}
		into[i].Count += e.Count
		if into[i].Example == "" {
			into[i].Example = e.Example
		}
	}
	return into
}

// sortBreakdowns sorts by name, numbers by their value.
func sortBreakdowns(all []measure.Breakdown) {
	slices.SortFunc(all, func(a, b measure.Breakdown) int {
		return cmp.Or(cmp.Compare(digits(a.Name), digits(b.Name)), cmp.Compare(a.Name, b.Name))
	})
}

// digits is how many the name has when it is a number, 0 when it is not.
func digits(name string) int {
	if strings.Trim(name, "0123456789") != "" {
		return 0
	}
	return len(name)
}

// Metric reads a claim's metric from the pooled runs, by the same rules as the verdicts;
// false when it has no sample.
func (p *Pool) Metric(name string) (float64, bool) {
	m, _ := suite.MetricByName(name)
	return p.read(m)
}

func (p *Pool) read(m suite.Metric) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return judge.Read(m, judge.Evidence{Workers: p.works, Window: p.Window, Usage: p.usage})
}

// Figure reads the metric of a kind of figure of which there is one; false when it has no sample.
func (p *Pool) Figure(f suite.Figure) (float64, bool) {
	return p.read(suite.Those(f)[0])
}

// Response is the quantile q of the response time in milliseconds; false without samples.
func (p *Pool) Response(q float64) (float64, bool) {
	return p.read(suite.Metric{Figure: suite.OfResponse, Quantile: q})
}

// ScheduleLag is the quantile q of the generator's schedule lag in milliseconds.
func (p *Pool) ScheduleLag(q float64) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return Quantile(p.Window.ScheduleLag, q)
}

// ClusterCPU is the processor time of the workers and their primary in µs per request sent.
func (p *Pool) ClusterCPU() (float64, bool) { return p.work(suite.OfWork) }

// StoresCPU is that of the stores that run in processes of their own.
func (p *Pool) StoresCPU() (float64, bool) { return p.work(suite.OfStoreWork) }

// GeneratorCPU is that of the load generator.
func (p *Pool) GeneratorCPU() (float64, bool) { return p.work(suite.OfGeneratorWork) }

func (p *Pool) work(f suite.Figure) (float64, bool) {
	v, ok := p.Figure(f)
	return v * 1000, ok
}

// Quantile is a histogram's quantile in milliseconds; false when it has no values.
func Quantile(h *measure.Histogram, q float64) (float64, bool) {
	if h == nil {
		return 0, false
	}
	d, ok := h.Quantile(q)
	return float64(d) / float64(time.Millisecond), ok
}
