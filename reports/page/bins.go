package page

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// bins are the seconds of a run, or of all runs that count, by the bins of the phase. A bin without a second has no
// length.
type bins struct {
	lengths, offered, completed, failed []float64
	lags                                []float64            // the longest, in µs
	lagged                              bool                 // they were recorded
	responses                           []*measure.Histogram // nil where there is none
}

// newBins are bins of which nothing is known.
func newBins(n int) bins {
	unknown := func() []float64 { return slices.Repeat([]float64{math.NaN()}, n) }
	return bins{
		lengths: unknown(), offered: unknown(), completed: unknown(), failed: unknown(), lags: unknown(),
		responses: make([]*measure.Histogram, n),
	}
}

// bins sums up the seconds of a run. Histograms are merged: no quantile is averaged.
func (p *livePhase) bins(r figures.Run) (bins, error) {
	b := newBins(p.Bins)
	var parts []*measure.Window
	second := 0
	if r.Warmup != nil {
		parts, second = append(parts, r.Warmup), -len(r.Warmup.Seconds)
	}
	merged, at := measure.NewHistogram(), -1 // what the seconds of a bin come to, and of which
	keep := func() (err error) {
		if at >= 0 && merged.Count() > 0 {
			b.responses[at] = measure.NewSparseHistogram()
			err = b.responses[at].Merge(merged)
		}
		merged.Reset()
		return err
	}
	for _, w := range append(parts, r.Window) {
		for _, s := range w.Seconds {
			i := floorDiv(second, p.Step) - p.First
			second++
			add(&b.lengths[i], min(max(w.End-s.At, 0), time.Second).Seconds())
			add(&b.offered[i], float64(s.Offered))
			add(&b.completed[i], float64(s.Completed))
			add(&b.failed[i], float64(s.Failed))
			b.lagged = b.lagged || s.Lag > 0
			if us := float64(s.Lag.Microseconds()); !(b.lags[i] >= us) {
				b.lags[i] = us
			}
			switch {
			case s.Response == nil:
				continue
			case p.Step == 1:
				b.responses[i] = s.Response
				continue
			case i != at:
				if err := keep(); err != nil {
					return b, err
				}
				at = i
			}
			if err := merged.Merge(s.Response); err != nil {
				return b, fmt.Errorf("run %d: %w", r.Number, err)
			}
		}
	}
	return b, keep()
}

// add adds to a sum that may have nothing yet.
func add(to *float64, v float64) {
	if math.IsNaN(*to) {
		*to = 0
	}
	*to += v
}

// at is the bin of a moment in s since the measurement window began; false when it lies in none.
func (p *livePhase) at(seconds float64) (int, bool) {
	i := math.Floor(seconds/float64(p.Step)) - float64(p.First)
	return int(i), i >= 0 && i < float64(p.Bins)
}

// over is a figure over the bins: the mean of readings, each with the length of time that it is about, or their
// largest.
type over struct{ sum, weight, most []float64 }

func (p *livePhase) over() over {
	o := over{make([]float64, p.Bins), make([]float64, p.Bins), make([]float64, p.Bins)}
	for i := range o.most {
		o.most[i] = math.NaN()
	}
	return o
}

func (o over) add(i int, v, weight float64) {
	if math.IsNaN(v) || !(weight > 0) {
		return
	}
	o.sum[i] += v * weight
	o.weight[i] += weight
	if !(o.most[i] >= v) {
		o.most[i] = v
	}
}

// means are NaN where there is no reading.
func (o over) means() []float64 {
	values := make([]float64, len(o.sum))
	for i := range values {
		values[i] = o.sum[i] / o.weight[i] // 0/0 is NaN
	}
	return values
}

// usage is what processes used: the cores by role, and the processor time and memory of each worker, or of the least,
// the middle and the largest of very many.
func (p *livePhase) usage(r figures.Run) []liveSeries {
	if r.Usage == nil {
		return nil
	}
	type line struct {
		name        string
		cpu, memory []float64
	}
	var roles []string
	sums := map[string][]float64{}
	var workers []line
	for _, s := range r.Usage.Series {
		if !s.Known || len(s.Points) == 0 {
			continue
		}
		cpu, memory := p.readings(s, r.Window.Start)
		name := text(s.Name)
		if s.Role == measure.RoleWorker {
			workers, name = append(workers, line{name, cpu, memory}), "workers"
		}
		if sums[name] == nil {
			roles, sums[name] = append(roles, name), slices.Repeat([]float64{math.NaN()}, p.Bins)
		}
		for i, v := range cpu {
			if !math.IsNaN(v) {
				add(&sums[name][i], v)
			}
		}
	}
	var all []liveSeries
	for _, name := range roles[:min(len(roles), mostAlone)] {
		all = append(all, liveSeries{"role", name, 1000, coded(sums[name], 1000)})
	}
	slices.SortStableFunc(workers, func(a, b line) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	if len(workers) > mostAlone {
		var cpu, memory [][]float64
		for _, w := range workers {
			cpu, memory = append(cpu, w.cpu), append(memory, w.memory)
		}
		workers = workers[:0]
		for i, name := range []string{"least worker", "median worker", "largest worker"} {
			workers = append(workers, line{name, ranked(cpu, float64(i)/2), ranked(memory, float64(i)/2)})
		}
	}
	for _, w := range workers {
		all = append(all, liveSeries{"cpu", w.name, 10, coded(w.cpu, 1000)},
			liveSeries{"memory", w.name, 10, coded(w.memory, 10)})
	}
	return all
}

// readings are the cores and the MiB that a process used, by bin. Processor time stands where most of the time lies
// that it is about, memory at its moment.
func (p *livePhase) readings(s measure.Series, start time.Duration) (cpu, memory []float64) {
	used, size := p.over(), p.over()
	for n, point := range s.Points {
		at := (point.At - start).Seconds()
		if i, ok := p.at(math.Round(at)); ok {
			size.add(i, float64(point.RSS)/(1<<20), 1)
		}
		if n == 0 { // the first reading has none before it
			continue
		}
		length := (point.At - s.Points[n-1].At).Seconds()
		if i, ok := p.at(at - length/2); ok {
			used.add(i, point.CPU, length)
		}
	}
	return used.means(), size.most
}

// ranked is the least (0), the middle (0.5) or the largest (1) of several lines in each bin.
func ranked(lines [][]float64, share float64) []float64 {
	var values []float64
	for i := range lines[0] {
		var known []float64
		for _, l := range lines {
			if !math.IsNaN(l[i]) {
				known = append(known, l[i])
			}
		}
		if len(known) == 0 {
			values = append(values, math.NaN())
			continue
		}
		slices.Sort(known)
		values = append(values, known[int(share*float64(len(known)-1))])
	}
	return values
}

// stores are what the stores counted per second, and their levels, by bin.
func (p *livePhase) stores(r figures.Run) []liveSeries {
	if r.Stores == nil {
		return nil
	}
	named := map[string]over{}
	note := func(i int, name string, v, weight float64) {
		if _, ok := named[name]; !ok {
			named[name] = p.over()
		}
		named[name].add(i, v, weight)
	}
	for _, s := range r.Stores.Seconds {
		length := (s.End - s.Start).Seconds()
		i, ok := p.at((s.Start - r.Window.Start).Seconds() + length/2)
		if !ok || !(length > 0) {
			continue
		}
		for name, v := range s.Counts {
			note(i, name+" per second", v/length, length)
		}
		for name, v := range s.Levels {
			note(i, name, v, length)
		}
	}
	var all []liveSeries
	for _, name := range slices.Sorted(maps.Keys(named)) {
		values := named[name].means()
		scale, most := 1.0, 0.0
		for _, v := range values {
			if v > most {
				most = v
			}
		}
		for scale < 1000 && most*scale < 10_000 {
			scale *= 10
		}
		if len(all) < mostStores {
			all = append(all, liveSeries{"", text(name), scale, coded(values, scale)})
		}
	}
	return all
}

// workersOf are the requests of each worker.
func workersOf(all []measure.Breakdown) []liveWorker {
	var workers []liveWorker
	for _, b := range all[:min(len(all), mostNamed)] {
		workers = append(workers, liveWorker{text(b.Name), b.Succeeded + b.Failed})
	}
	return workers
}
