package characteristics

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

// system is a queue with c servers of which everything is known.
type system struct {
	name    string
	servers int
	work    func(*rand.Rand) float64 // service time of one request, with mean 1
}

// exponential work makes the queue M/M/c, of which the p99 is known in closed form.
func exponential(r *rand.Rand) float64 { return r.ExpFloat64() }

// skewed is work of which a few requests cost many times the mean.
var skewed = logNormal(1.5)

// logNormal is log-normal work of a coefficient of variation.
func logNormal(cv float64) func(*rand.Rand) float64 {
	sigma := math.Sqrt(math.Log(1 + cv*cv))
	return func(r *rand.Rand) float64 { return math.Exp(sigma*r.NormFloat64() - sigma*sigma/2) }
}

// Every run is made like a real one: two seconds of warm-up, then the measurement window, with
// arrivals at random of which the number is given.
const (
	warmup = 2.0 // seconds
	rate   = 300 // req/s
)

// run simulates one run of a length in whole seconds at a mean service time in seconds.
func (s system) run(r *rand.Rand, service, length float64) judge.Evidence {
	return s.without(r, service, length, length, length)
}

// answer is one request of a window: when it came, in seconds since the window's start, and how long it took.
type answer struct{ at, took float64 }

func faster(a, b answer) int { return cmp.Compare(a.took, b.took) }

// answers simulates one run, in which one server takes up nothing between two moments of the window, in seconds. It
// returns the requests of the window, how many answers came within each second, and the seconds that all servers were
// busy.
func (s system) answers(
	r *rand.Rand, service, length, from, to float64,
) (all []answer, completed []uint64, busy float64) {
	free := make([]float64, s.servers)
	for i := range free {
		free[i] = -warmup
	}
	completed = make([]uint64, int(length))
	for _, now := range append(arrivals(r, -warmup, 0), arrivals(r, 0, length)...) {
		if now >= from {
			free[0] = max(free[0], to)
		}
		k := next(free)
		began := max(now, free[k])
		free[k] = began + service*s.work(r)
		busy += max(0, min(length, free[k])-max(0, began))
		if done := free[k]; done >= 0 && done < length {
			completed[int(done)]++
		}
		if now >= 0 {
			all = append(all, answer{now, free[k] - now})
		}
	}
	return all, completed, busy
}

// without is a run in which one server takes up nothing between two moments of the window, in seconds: something else
// has taken its processor.
func (s system) without(r *rand.Rand, service, length, from, to float64) judge.Evidence {
	all, completed, busy := s.answers(r, service, length, from, to)
	n := uint64(len(all))
	w := &measure.Window{
		End: time.Duration(length * float64(time.Second)), Response: measure.NewSparseHistogram(),
		ScheduleLag: onTime(n),
		Offered:     n, Sent: n, Succeeded: n,
	}
	for i, count := range completed {
		w.Seconds = append(w.Seconds, measure.Second{
			At: time.Duration(i) * time.Second, Completed: count, Response: measure.NewSparseHistogram(),
		})
		w.Completed += count
	}
	slices.SortFunc(all, faster) // a sparse histogram grows best at its end
	for _, a := range all {
		second, took := &w.Seconds[int(a.at)], time.Duration(a.took*1e9)
		second.Offered++
		second.Response.Record(took)
		w.Response.Record(took)
	}
	return judge.Evidence{
		Workers: s.servers, Window: w,
		Noise: measure.HostNoise{SpinBefore: 30 * time.Millisecond, SpinAfter: 30 * time.Millisecond},
		Usage: &measure.Usage{Series: []measure.Series{
			{Role: measure.RoleWorker, Name: "worker 1", Known: true, CPU: busy},
			{Role: measure.RoleHost, Name: "host", Known: true, CPU: busy},
		}},
	}
}

// onTime is the schedule lag of a generator that is on time with n requests.
func onTime(n uint64) *measure.Histogram {
	h := measure.NewSparseHistogram()
	for range n {
		h.Record(0)
	}
	return h
}

// arrivals are the moments of a Poisson process of which the number of arrivals is given: as
// far apart as exponential times that are scaled to fill the interval (Devroye, Non-Uniform
// Random Variate Generation, section V.2).
func arrivals(r *rand.Rand, from, to float64) []float64 {
	all := make([]float64, int(math.Round(rate*(to-from))))
	sum := 0.0
	for i := range all {
		sum += r.ExpFloat64()
		all[i] = sum
	}
	sum += r.ExpFloat64()
	for i := range all {
		all[i] = from + all[i]/sum*(to-from)
	}
	return all
}

// next is the server that is free first.
func next(free []float64) int {
	k := 0
	for i := range free {
		if free[i] < free[k] {
			k = i
		}
	}
	return k
}

// longRun is the p99 of the response time in ms in the steady state, from n requests in a row.
func (s system) longRun(r *rand.Rand, service float64, n int) float64 {
	h := measure.NewHistogram()
	free, now := make([]float64, s.servers), 0.0
	for i := range n {
		now += r.ExpFloat64() / rate
		k := next(free)
		free[k] = max(now, free[k]) + service*s.work(r)
		if i > n/100 {
			h.Record(time.Duration((free[k] - now) * 1e9))
		}
	}
	return p99(h)
}

// medianRun is the median over n runs of their p99 in ms.
func (s system) medianRun(r *rand.Rand, service, length float64, n int) float64 {
	all := make([]float64, n)
	for i := range all {
		answers, _, _ := s.answers(r, service, length, length, length)
		slices.SortFunc(answers, faster)
		all[i] = 1000 * answers[int(math.Ceil(0.99*float64(len(answers))))-1].took
	}
	slices.Sort(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

func p99(h *measure.Histogram) float64 {
	d, _ := h.Quantile(0.99)
	return float64(d) / float64(time.Millisecond)
}
