package archivetest

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// shape says how the system under test behaves.
type shape struct {
	median   time.Duration // of the service time at the first phase's work
	sigma    float64       // of the service time's logarithm
	runSigma float64       // of the logarithm of what makes one run faster than another
	fails    float64       // share of requests answered wrongly
	served   float64       // share of the offered rate that the system gets done; the rest queues
}

var (
	healthy    = shape{median: 1200 * time.Microsecond, sigma: 0.7, runSigma: 0.06, fails: 0.0001, served: 1}
	overloaded = shape{median: 9 * time.Millisecond, sigma: 0.7, runSigma: 0.06, fails: 0.002, served: 0.3}
)

// timeout is when a request without an answer is given up.
const timeout = 10 * time.Second

// work is each operation's cost against the mean.
var work = map[string]float64{
	"account": 0.6, "transactions": 0.9, "transfer": 1.4, "import": 3.2, "risk": 2.6, "classify": 1.1, "login": 1.8,
	"session": 0.5,
}

// simulated is one run of a phase: every request is simulated, its times drawn from the
// run's own random source.
func simulated(s *suite.Suite, p suite.Phase, sh shape, number int) archive.Trial {
	seed := uint64(p.Number)<<32 | uint64(number)
	rng := rand.New(rand.NewPCG(s.Plan.Seed, seed))
	pace := math.Exp(sh.runSigma * rng.NormFloat64())
	end := s.Plan.Warmup.Least + s.Plan.Duration
	mix, _ := s.Workload(p.Workload)
	warmup := newWindow(0, s.Plan.Warmup.Least, mix, p.Workers)
	window := newWindow(s.Plan.Warmup.Least, end, mix, p.Workers)
	for i := 0; ; i++ {
		sample := draw(rng, p, sh, mix, pace, i)
		if sample.Scheduled >= end {
			break
		}
		add(warmup, sample)
		add(window, sample)
	}
	used := usage(rng, p, sh, s.Plan.Warmup.Least, end)
	return archive.Trial{
		Number: number, Seed: seed, Warmup: warmup, Window: window, Usage: used,
		Noise: measure.HostNoise{
			SpinBefore: jitter(rng, 28*time.Millisecond, 0.02), SpinAfter: jitter(rng, 28*time.Millisecond, 0.02),
			Steal: 0.002 * rng.Float64(),
		},
		StartupTime: jitter(rng, 180*time.Millisecond, 0.1), Log: fmt.Sprintf("cluster-p%d-r%d.log", p.Number, number),
	}
}

// draw simulates the i-th request.
func draw(rng *rand.Rand, p suite.Phase, sh shape, mix suite.Workload, pace float64, i int) measure.Sample {
	scheduled := time.Duration(float64(i) / float64(p.Rate) * float64(time.Second))
	operation := pick(rng, mix)
	busy := 1 + float64(p.Rate)/2500 // a busier host answers later
	service := time.Duration(float64(sh.median) * busy * work[operation] * pace * math.Exp(sh.sigma*rng.NormFloat64()))
	queue := time.Duration(float64(scheduled) * (1/sh.served - 1))
	sample := measure.Sample{
		Scheduled: scheduled, Released: scheduled + time.Duration(rng.ExpFloat64()*float64(20*time.Microsecond)),
		Endpoint: operation, Worker: fmt.Sprint(1 + rng.IntN(p.Workers)), Status: 200,
	}
	sample.Sent = sample.Released + time.Duration(rng.ExpFloat64()*float64(15*time.Microsecond))
	sample.Done = sample.Sent + queue + service
	switch {
	case sample.Done-sample.Sent > timeout:
		sample.Done, sample.Status, sample.Worker = sample.Sent+timeout, 0, ""
		sample.Err = fmt.Errorf("no answer within %v", timeout)
	case rng.Float64() < sh.fails:
		sample.Status, sample.Err = 503, fmt.Errorf("status 503, want 200")
	}
	return sample
}

func pick(rng *rand.Rand, mix suite.Workload) string {
	left := rng.Float64()
	for _, m := range mix.Mix {
		if left -= float64(m.Share); left < 0 {
			return m.Operation
		}
	}
	return mix.Mix[len(mix.Mix)-1].Operation
}

func newWindow(start, end time.Duration, mix suite.Workload, workers int) *measure.Window {
	w := measure.NewWindow(start, end)
	for _, m := range mix.Mix {
		w.Endpoints = append(w.Endpoints, breakdown(m.Operation, measure.NewHistogram))
	}
	slices.SortFunc(w.Endpoints, func(a, b measure.Breakdown) int { return cmp.Compare(a.Name, b.Name) })
	for n := 1; n <= workers; n++ {
		w.Workers = append(w.Workers, breakdown(fmt.Sprint(n), measure.NewSparseHistogram))
	}
	for at := start; at < end; at += time.Second {
		w.Seconds = append(w.Seconds, measure.Second{At: at, Response: measure.NewSparseHistogram()})
	}
	return w
}

func breakdown(name string, histogram func() *measure.Histogram) measure.Breakdown {
	return measure.Breakdown{Name: name, Response: histogram(), Service: histogram()}
}

// add counts a sample in a window, by its schedule and by its arrival.
func add(w *measure.Window, s measure.Sample) {
	if s.Err == nil && s.Done >= w.Start && s.Done < w.End {
		w.Completed++
		w.Seconds[(s.Done-w.Start)/time.Second].Completed++
	}
	if s.Scheduled < w.Start || s.Scheduled >= w.End {
		return
	}
	w.Offered++
	w.Sent++
	w.Response.Record(s.Done - s.Scheduled)
	w.Service.Record(s.Done - s.Sent)
	w.ScheduleLag.Record(s.Released - s.Scheduled)
	w.Wait.Record(s.Sent - s.Released)
	second := &w.Seconds[(s.Scheduled-w.Start)/time.Second]
	second.Offered++
	second.Lag = max(second.Lag, s.Released-s.Scheduled)
	second.Response.Record(s.Done - s.Scheduled)
	if s.Err == nil {
		w.Succeeded++
	} else {
		w.Failed++
		second.Failed++
		addError(w, s)
	}
	addBreakdown(w.Endpoints, s.Endpoint, s)
	addBreakdown(w.Workers, s.Worker, s)
}

func addBreakdown(all []measure.Breakdown, name string, s measure.Sample) {
	for i := range all {
		if all[i].Name != name {
			continue
		}
		if s.Err == nil {
			all[i].Succeeded++
		} else {
			all[i].Failed++
		}
		all[i].Response.Record(s.Done - s.Scheduled)
		all[i].Service.Record(s.Done - s.Sent)
	}
}

func addError(w *measure.Window, s measure.Sample) {
	for i := range w.Errors {
		if w.Errors[i].Endpoint == s.Endpoint && w.Errors[i].Message == s.Err.Error() {
			w.Errors[i].Count++
			return
		}
	}
	w.Errors = append(w.Errors, measure.ErrorCount{Endpoint: s.Endpoint, Message: s.Err.Error(), Count: 1})
}

// usage is what every process of the run used, once a second.
func usage(rng *rand.Rand, p suite.Phase, sh shape, start, end time.Duration) *measure.Usage {
	busy := min(1.6, float64(p.Rate)*250e-6) // cores of the whole cluster
	if sh.served < 1 {
		busy = 1.6
	}
	u := &measure.Usage{}
	for n := 1; n <= p.Workers; n++ {
		u.Series = append(u.Series,
			series(rng, measure.RoleWorker, fmt.Sprintf("worker %d", n), busy/float64(p.Workers), 42<<20, start, end))
	}
	if p.Cluster {
		u.Series = append(u.Series, series(rng, measure.RolePrimary, "primary", 0.01, 24<<20, start, end))
	}
	for _, store := range p.Stores {
		if store == suite.Postgres {
			u.Series = append(u.Series, series(rng, measure.RoleStore, string(store), busy/5, 180<<20, start, end))
		}
	}
	u.Series = append(u.Series,
		series(rng, measure.RoleGenerator, "generator", min(0.4, float64(p.Rate)*80e-6), 70<<20, start, end))
	u.Series = append(u.Series, series(rng, measure.RoleHost, "host", min(2, busy*1.3), 1<<30, start, end))
	return u
}

// series grows from a small resident size towards rss and uses about the given cores.
func series(
	rng *rand.Rand, role measure.Role, name string, cores float64, rss int64, start, end time.Duration,
) measure.Series {
	s := measure.Series{Role: role, Name: name, Known: true}
	for at := time.Duration(0); at <= end; at += time.Second {
		grown := float64(rss) * (1 - 0.3*math.Exp(-at.Seconds()/2))
		point := measure.UsagePoint{At: at, RSS: int64(grown * (1 + 0.01*rng.NormFloat64()))}
		if at > 0 {
			point.CPU = max(0, cores*(1+0.05*rng.NormFloat64()))
		}
		if at > start {
			s.CPU += point.CPU
		}
		s.PeakRSS = max(s.PeakRSS, point.RSS)
		s.Points = append(s.Points, point)
	}
	return s
}

func jitter(rng *rand.Rand, d time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(d) * (1 + sigma*rng.NormFloat64()))
}
