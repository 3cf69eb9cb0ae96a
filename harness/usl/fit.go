package usl

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// EnoughPoints is the number of points below which a fit is called weak.
const EnoughPoints = 6

// Options say how a fit is made; the zero value is usable.
type Options struct {
	// Resamples of the bootstrap; 0 stands for 1000, and less than 0 for no intervals.
	Resamples int
	// Level of the intervals, in the range (0,1); 0 stands for 0.95.
	Level float64
	// Seed of the bootstrap's random choices: equal seeds give equal intervals.
	Seed uint64
	// Cores that the measured system had to itself; 0 when that is not known. Workers beyond
	// the cores take turns, so that points there tell of the host and not of the system.
	Cores float64
}

// Interval is a range that holds the true value with the chance of the fit's level; High may be +Inf.
type Interval struct {
	Low, High float64
}

// MarshalJSON writes {"low": …, "high": …}, with null for an end that is infinite.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Low  *float64 `json:"low"`
		High *float64 `json:"high"`
	}{finite(i.Low), finite(i.High)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Interval) UnmarshalJSON(text []byte) error {
	var v struct {
		Low  *float64 `json:"low"`
		High *float64 `json:"high"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return fmt.Errorf("decode an interval: %w", err)
	}
	*i = Interval{math.Inf(1), math.Inf(1)}
	if v.Low != nil {
		i.Low = *v.Low
	}
	if v.High != nil {
		i.High = *v.High
	}
	return nil
}

func finite(v float64) *float64 {
	if math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// Fit is a model with how well it is known. Make it with [New].
type Fit struct {
	Model
	Points   []Point  `json:"points"`         // that it rests on, as given
	R2       float64  `json:"r2"`             // share of the variation that the model explains, at most 1
	Level    float64  `json:"level"`          // of the intervals, in the range (0,1); 0 when there are none
	GammaIn  Interval `json:"gamma_interval"` // the coefficients' intervals; equal ends when there are none
	SigmaIn  Interval `json:"sigma_interval"`
	KappaIn  Interval `json:"kappa_interval"`
	PeakIn   Interval `json:"peak_interval"` // of PeakN
	Warnings []string `json:"warnings"`      // what speaks against trusting it, worst first

	boot    []Model
	largest float64 // N of the last point
}

// New fits the law by least squares of the throughputs, with 0 <= σ <= 1 and κ >= 0. At
// least three points of different N are needed, and six for a fit without a warning.
//
// The intervals are percentiles of a residual bootstrap (Efron and Tibshirani, An
// Introduction to the Bootstrap, section 9.4): new throughputs are the model's plus
// residuals drawn with replacement, scaled by √(n/(n-3)) for the three coefficients that
// they were fitted with. It takes the scatter to be alike at every N. Three
// points leave no residuals, and no intervals.
func New(points []Point, o Options) (*Fit, error) {
	if err := check(points); err != nil {
		return nil, err
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if !(o.Level > 0 && o.Level < 1) {
		return nil, fmt.Errorf("fit the scalability law: level %v: allowed is a number above 0 and below 1", o.Level)
	}
	if o.Resamples == 0 {
		o.Resamples = 1000
	}
	m, squares := solve(points, anywhere(points))
	f := &Fit{Model: m, Points: slices.Clone(points), R2: determination(points, squares)}
	for _, p := range points {
		f.largest = max(f.largest, p.N)
	}
	if o.Resamples > 0 && len(points) > 3 {
		f.Level = o.Level
		f.boot = bootstrap(points, m, o)
	}
	of := func(read func(Model) float64) Interval { return f.interval(read) }
	f.GammaIn = of(func(m Model) float64 { return m.Gamma })
	f.SigmaIn = of(func(m Model) float64 { return m.Sigma })
	f.KappaIn = of(func(m Model) float64 { return m.Kappa })
	f.PeakIn = of(Model.PeakN)
	f.Warnings = warnings(f, o)
	return f, nil
}

// determination is R², 1 - SSE/SST.
func determination(points []Point, squares float64) float64 {
	var mean, total float64
	for _, p := range points {
		mean += p.X / float64(len(points))
	}
	for _, p := range points {
		total += (p.X - mean) * (p.X - mean)
	}
	if total == 0 {
		return 0
	}
	return 1 - squares/total
}

// bootstrap fits the law to throughputs that might have been measured as well.
func bootstrap(points []Point, m Model, o Options) []Model {
	r := rand.New(rand.NewPCG(o.Seed, 0x75736c)) // a stream of its own
	scale := math.Sqrt(float64(len(points)) / float64(len(points)-3))
	residuals := make([]float64, len(points))
	var mean float64
	for i, p := range points {
		residuals[i] = p.X - m.Throughput(p.N)
		mean += residuals[i] / float64(len(points))
	}
	models := make([]Model, 0, o.Resamples)
	again := make([]Point, len(points))
	for range o.Resamples {
		for i, p := range points {
			x := m.Throughput(p.N) + scale*(residuals[r.IntN(len(residuals))]-mean)
			again[i] = Point{p.N, max(x, 1e-9*p.X)} // a throughput is never below nothing
		}
		if next, _ := solve(again, []Model{m}); next.Gamma > 0 {
			models = append(models, next)
		}
	}
	return models
}

// interval is the percentile interval of what is read from each model, widened to hold
// the fitted value itself.
func (f *Fit) interval(read func(Model) float64) Interval {
	at := read(f.Model)
	if len(f.boot) == 0 {
		return Interval{at, at}
	}
	values := make([]float64, len(f.boot))
	for i, m := range f.boot {
		values[i] = read(m)
	}
	slices.Sort(values)
	tail := (1 - f.Level) / 2
	low := values[int(tail*float64(len(values)-1))]
	high := values[int(math.Ceil((1-tail)*float64(len(values)-1)))]
	return Interval{min(low, at), max(high, at)}
}

// Prediction is what a fit says about one N.
type Prediction struct {
	N        float64  `json:"n"`
	X        float64  `json:"x"`        // throughput in 1/s
	In       Interval `json:"interval"` // of the throughput; equal ends when the fit has no intervals
	Warnings []string `json:"warnings"` // what speaks against trusting it
}

// Predict projects the throughput to n, above 0. The interval tells of the coefficients'
// uncertainty, given that the law holds; a single measurement scatters about it.
func (f *Fit) Predict(n float64) (Prediction, error) {
	if !(n > 0) || math.IsInf(n, 1) {
		return Prediction{}, fmt.Errorf("project the throughput to N %v: allowed is a finite number above 0", n)
	}
	p := Prediction{
		N: n, X: f.Throughput(n), In: f.interval(func(m Model) float64 { return m.Throughput(n) }),
		Warnings: slices.Clone(f.Warnings),
	}
	if n > 2*f.largest {
		p.Warnings = append(p.Warnings,
			fmt.Sprintf("%g is more than twice the largest N that was measured (%g)", n, f.largest))
	}
	return p, nil
}

// warnings says what speaks against trusting the fit.
func warnings(f *Fit, o Options) []string {
	var all []string
	if len(f.Points) < EnoughPoints {
		all = append(all, fmt.Sprintf("the fit is weak: %d points, at least %d wanted", len(f.Points), EnoughPoints))
	}
	if len(f.boot) == 0 {
		all = append(all, "the fit has no intervals: they need at least 4 points")
	}
	var beyond []string
	for _, p := range f.Points {
		if o.Cores > 0 && p.N > o.Cores {
			beyond = append(beyond, fmt.Sprintf("%g", p.N))
		}
	}
	if len(beyond) > 0 {
		all = append(all, fmt.Sprintf(
			"the host's cores end before the points: %g cores, and points at N = %s, which tell of the host as well",
			o.Cores, strings.Join(beyond, ", "),
		))
	}
	if f.Kappa == 0 {
		all = append(all,
			"no peak: the points do not bend down (κ = 0), so that throughput is projected to rise for ever")
	} else if f.PeakN() > f.largest && math.IsInf(f.PeakIn.High, 1) {
		all = append(all, "the peak lies beyond the points, and they do not say where")
	}
	if f.Sigma == 0 && superlinear(f.Points) {
		all = append(all, "the throughput grows faster than N, which the law with σ >= 0 cannot follow")
	}
	return all
}

// superlinear reports whether the throughput for each N rises from the least N to some other.
func superlinear(points []Point) bool {
	least := slices.MinFunc(points, func(a, b Point) int { return int(math.Copysign(1, a.N-b.N)) })
	return slices.ContainsFunc(points, func(p Point) bool {
		return p.N > least.N && p.X/p.N > 1.05*least.X/least.N
	})
}
