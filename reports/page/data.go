package page

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// What is embedded for the script is bounded: of each run, however long it was and whatever its archive says.
const (
	mostBins   = 600  // of a run; of longer runs a bin stands for several seconds
	leastBins  = 60   // of a run, of pages with very many runs
	budgetBins = 6000 // of all runs together
	mostMarks  = 50   // of a run
	mostAlone  = 16   // workers that are drawn one by one
	mostNamed  = 64   // workers whose requests are counted by name
	mostStores = 40   // figures of the stores
	longText   = 160  // characters of a text
)

// live is what the script draws from. Numbers over time and histograms are texts, as coding.go writes them.
type live struct {
	Phases  []livePhase  `json:"phases"`
	Scaling *liveScaling `json:"scaling,omitempty"`
}

// livePhase is a phase. All that is over time has a value for each of its bins, counted from the start of each run's
// measurement window, so that the runs lie one above the other.
type livePhase struct {
	Number int         `json:"n"`
	Step   int         `json:"step"`  // seconds of a bin
	First  int         `json:"first"` // number of the first bin; those of the warm-up are below 0
	Bins   int         `json:"bins"`
	Bounds []liveBound `json:"bounds"`
	Limit  float64     `json:"limit"` // memory allowed to a worker, in MiB; 0: unknown
	Runs   []liveRun   `json:"runs"`
	// Pool are the quantiles of the response time in each bin, as those of a run, of the runs that count: of the
	// merged histograms.
	Pool []string `json:"pool"`

	pool bins // of the runs that count: what stands in the table of the phase
}

// liveBound is the bound of a claim.
type liveBound struct {
	Kind  suite.Figure `json:"kind"` // of a response time, the goodput or the memory
	Q     float64      `json:"q"`    // of a response time, in the range (0,1)
	Value float64      `json:"v"`    // in ms, req/s or MiB
	Text  string       `json:"text"`
}

// liveRun is a run with a measurement window.
type liveRun struct {
	Number    int          `json:"n"`
	Excluded  string       `json:"out,omitempty"` // why it is no evidence; "" when it counts
	Start     float64      `json:"start"`         // of the load, in s since the measurement window began: 0 or less
	End       float64      `json:"end"`           // of the measurement window
	Lengths   string       `json:"len"`           // ms of each bin
	Offered   string       `json:"offered"`
	Completed string       `json:"completed"`
	Failed    string       `json:"failed"`
	Quantiles []string     `json:"q"`    // of the response time in each bin, in µs, for each of liveQuantiles
	Heat      string       `json:"heat"` // counts of the response times in each bin, by band
	Response  string       `json:"response"`
	Service   string       `json:"service"`
	Unsent    uint64       `json:"unsent,omitempty"`
	Lags      string       `json:"lags,omitempty"` // longest schedule lag in each bin, in µs
	Workers   []liveWorker `json:"workers,omitempty"`
	Usage     []liveSeries `json:"usage,omitempty"`
	Stores    []liveSeries `json:"stores,omitempty"`
	Marks     []liveMark   `json:"marks,omitempty"`
	Faults    []string     `json:"faults,omitempty"` // of which no moment is known
}

// liveWorker is what one worker had of a run.
type liveWorker struct {
	Name     string `json:"name"`
	Requests uint64 `json:"requests"`
}

// liveSeries is a figure over time.
type liveSeries struct {
	Kind   string  `json:"kind,omitempty"` // of usage: "role", "cpu" or "memory"
	Name   string  `json:"name"`
	Scale  float64 `json:"scale"` // by which its values are to be divided
	Values string  `json:"v"`
}

// liveMark is a moment at which something was done or seen.
type liveMark struct {
	At   float64 `json:"at"` // s since the measurement window began
	Text string  `json:"text"`
}

// liveQuantiles are those that are drawn over time. The script has the same list.
var liveQuantiles = []float64{0.5, 0.9, 0.99, 0.999}

// embedded is the data of the page as JSON that can stand within a script element; "" when there is nothing to draw.
func (l live) embedded() (string, error) {
	if len(l.Phases) == 0 && l.Scaling == nil {
		return "", nil
	}
	text, err := json.Marshal(l) // which escapes <, > and &: nothing in it can end a script element
	return string(text), err
}

// liveOf is what the script draws of a report.
func liveOf(r *figures.Report) (live, error) {
	all := live{Scaling: scalingOf(r)}
	runs := 0
	for _, p := range r.Phases {
		runs += len(p.Runs)
	}
	for _, p := range r.Phases {
		phase, err := livePhaseOf(p, min(max(budgetBins/max(runs, 1), leastBins), mostBins))
		if err != nil {
			return all, err
		}
		if len(phase.Runs) > 0 {
			all.Phases = append(all.Phases, phase)
		}
	}
	return all, nil
}

// livePhaseOf is a phase, of which no run has more bins than that, or one more.
func livePhaseOf(p figures.Phase, most int) (livePhase, error) {
	phase := livePhase{
		Number: p.Number, Bounds: boundsOf(p), Limit: finite(float64(p.MemoryLimit) / (1 << 20)), Runs: []liveRun{},
	}
	warm, length := 0, 0
	for _, r := range p.Runs {
		if !drawable(r) {
			continue
		}
		length = max(length, len(r.Window.Seconds))
		if r.Warmup != nil {
			warm = max(warm, len(r.Warmup.Seconds))
		}
	}
	phase.Step = max(1, (warm+length+most-1)/most)
	phase.First = floorDiv(-warm, phase.Step)
	phase.Bins = max(0, floorDiv(length-1, phase.Step)-phase.First+1)
	phase.pool = newBins(phase.Bins)
	for _, r := range p.Runs {
		if !drawable(r) {
			continue
		}
		run, err := phase.run(p, r)
		if err != nil {
			return phase, err
		}
		phase.Runs = append(phase.Runs, run)
	}
	phase.Pool = quantilesOf(phase.pool.responses)
	return phase, nil
}

// drawable reports whether there is something to draw of a run.
func drawable(r figures.Run) bool { return r.Window != nil && r.Window.Response != nil }

// run is a run of the phase. One that counts is merged into the pool.
func (p *livePhase) run(of figures.Phase, r figures.Run) (liveRun, error) {
	b, err := p.bins(r)
	if err != nil {
		return liveRun{}, err
	}
	w := r.Window
	run := liveRun{
		Number: r.Number, End: finite(w.Length()),
		Lengths: coded(b.lengths, 1000), Offered: coded(b.offered, 1), Completed: coded(b.completed, 1),
		Failed: coded(b.failed, 1), Quantiles: quantilesOf(b.responses), Heat: heat(b.responses),
		Response: buckets(w.Response), Service: buckets(w.Service), Unsent: w.Unsent,
		Workers: workersOf(w.Workers), Usage: p.usage(r), Stores: p.stores(r),
	}
	if r.Warmup != nil {
		run.Start = min(0, finite((r.Warmup.Start - w.Start).Seconds()))
	}
	if !r.Counts() {
		run.Excluded = text(strings.Join(judge.Texts(r.Reasons), "; "))
	}
	if b.lagged {
		run.Lags = coded(b.lags, 1)
	}
	for _, m := range r.Moments()[:min(len(r.Moments()), mostMarks)] {
		run.Marks = append(run.Marks, liveMark{(m.At - w.Start).Seconds(), text(m.Text)})
	}
	for _, f := range r.Faults[:min(len(r.Faults), mostMarks)] {
		run.Faults = append(run.Faults, text(f))
	}
	if !r.Counts() {
		return run, nil
	}
	return run, p.pool.add(b)
}

// boundsOf are the bounds of a phase's claims that lie on an axis of a chart.
func boundsOf(p figures.Phase) []liveBound {
	bounds := []liveBound{}
	for _, r := range p.Results {
		m, ok := suite.MetricByName(r.Metric)
		if !ok || r.Over != 0 || !(r.Bound > 0) || math.IsInf(r.Bound, 0) {
			continue
		}
		b := liveBound{
			Kind: m.Figure, Q: m.Quantile, Value: r.Bound,
			Text: text(r.Claim + " " + figures.Symbol(r.Op) + " " + figures.In(string(r.Unit))(r.Bound, true)),
		}
		switch m.Figure {
		case suite.OfResponse, suite.OfGoodput, suite.OfMemory:
			bounds = append(bounds, b)
		}
	}
	return bounds
}

// text is foreign text, fit for a line.
func text(s string) string { return figures.Shorten(figures.Clean(s), longText) }

// finite is v, or 0 for what is no number.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// floorDiv is a/b, rounded down.
func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
