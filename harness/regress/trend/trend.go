// Package trend finds the data points on which a figure changed for good, in a history of one
// value per data point.
//
// It is pure: it runs nothing and reads no clock. A change has to be unlikely by chance, large
// enough to matter, and to last: at least five data points on each side. Before that a large step is
// told provisionally, two data points after it. A single outlier never is.
package trend

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// Series is one figure over many data points.
type Series struct {
	Name   string
	Unit   string
	Better stats.Direction // 0: neither
	// one per data point, oldest first, above 0; as a ratio to an interleaved baseline where there is one
	Values []float64
	Points []string // what each value is called, e.g. a date with a commit; may be shorter
}

// Options say what counts as a change; the zero value has defaults.
type Options struct {
	Least float64 // smallest relative change that matters, in the range (0,1); 0 stands for 0.05
	Rate  float64 // share of the changes found that may be false, in the range (0,1); 0 stands for 0.01
	Side  int     // least data points on each side of a change; 0 stands for 5
	// Block is how many data points in a row are shuffled together, since noise of neighbouring
	// data points is alike; 0 stands for 3.
	Block int
	Jump  float64 // smallest relative step that is told provisionally; 0 stands for 0.10
	Seed  uint64  // of the permutations
}

func (o Options) withDefaults() Options {
	o.Least, o.Rate, o.Jump = cmp.Or(o.Least, 0.05), cmp.Or(o.Rate, 0.01), cmp.Or(o.Jump, 0.10)
	o.Side, o.Block = cmp.Or(o.Side, 5), cmp.Or(o.Block, 3)
	return o
}

// State says whether a series could be judged.
type State string

// The states.
const (
	Judged   State = "judged"
	TooShort State = "too short" // fewer than two sides of data points
	TooNoisy State = "too noisy" // a step of ten per cent would drown
)

// Change is a data point from which on a figure is another.
type Change struct {
	At        int     `json:"at"`              // index of the first data point of the new level
	Point     string  `json:"night"`           // its name
	Last      string  `json:"last"`            // name of the last data point of the old level
	Before    float64 `json:"before"`          // median of the level before
	After     float64 `json:"after"`           // median of the level from then on
	P         float64 `json:"p"`               // chance of so clear a split without a change; 1 for provisional ones
	Worse     bool    `json:"worse"`           // the new level is the worse one
	Confirmed bool    `json:"confirmed"`       // false: provisional, of the last two data points
	Known     string  `json:"known,omitempty"` // why it was acknowledged; "" when it was not
}

// Ratio is the new level over the old one.
func (c Change) Ratio() float64 { return c.After / c.Before }

// size is by how much the levels differ, relative to the old one.
func (c Change) size() float64 { return math.Abs(c.Ratio() - 1) }

// matters reports whether the levels differ by the least change or more.
func (c Change) matters(least float64) bool { return c.size() >= least }

// Drift is a slow change without a step.
type Drift struct {
	PerPoint float64 `json:"per_night"` // relative to the median
	Total    float64 `json:"total"`     // over the data points that it was seen in
	From     int     `json:"from"`      // index of the first of these
	P        float64 `json:"p"`
	Worse    bool    `json:"worse"`
	Known    string  `json:"known,omitempty"` // why it was acknowledged; "" when it was not
}

// Result is what became of one series.
type Result struct {
	Series  Series
	State   State
	Noise   float64 // relative, of neighbouring data points
	Changes []Change
	Drift   *Drift // since the last change; nil when there is none
}

// Report is a judged history.
type Report struct {
	Results []Result
}

// Count is the number of series in a state.
func (r Report) Count(s State) int {
	n := 0
	for _, one := range r.Results {
		if one.State == s {
			n++
		}
	}
	return n
}

// Worse reports whether a confirmed change for the worse is not acknowledged.
func (r Report) Worse() bool {
	for _, one := range r.Results {
		for _, c := range one.Changes {
			if c.Worse && c.Confirmed && c.Known == "" {
				return true
			}
		}
	}
	return false
}

// Acknowledged is a change that is known and not to be repeated: the data point from which on a figure is another, or
// [DriftPoint].
type Acknowledged struct {
	Series, Unit, Point, Reason string
}

// tooNoisy is the noise of neighbouring data points beyond which nothing is judged.
const tooNoisy = 0.25

// Judge looks for changes in every series. The share of false ones is bounded over all of them
// together by the procedure of Benjamini and Hochberg (J. R. Statist. Soc. B 57 (1995), 289–300).
func Judge(all []Series, known []Acknowledged, o Options) (Report, error) {
	o = o.withDefaults()
	var r Report
	var candidates []*candidate
	for i, s := range all {
		if err := s.check(); err != nil {
			return Report{}, err
		}
		one := Result{Series: s, State: Judged, Noise: stats.Noise(s.Values)}
		switch {
		case len(s.Values) < 2*o.Side:
			one.State = TooShort
		case one.Noise > tooNoisy:
			one.State = TooNoisy
		}
		r.Results = append(r.Results, one)
		if one.State == Judged {
			candidates = append(candidates, splits(i, s.Values, o)...)
		}
	}
	threshold := discoveries(candidates, r.Count(Judged), o.Rate)
	found := map[int][]*candidate{}
	for _, c := range candidates {
		if c.p <= threshold && c.within(found[c.series]) {
			found[c.series] = append(found[c.series], c)
		}
	}
	for i := range r.Results {
		if r.Results[i].State == Judged {
			r.Results[i].finish(found[i], known, o)
		}
	}
	r.told(known, o)
	return r, nil
}

// check refuses values that no ratio can be made of.
func (s Series) check() error {
	for i, v := range s.Values {
		if !(v > 0) || math.IsInf(v, 1) {
			return fmt.Errorf("judge the trend of %s: value %d is %v; allowed: finite numbers above 0", s.Name, i, v)
		}
	}
	return nil
}

// point is the name of a data point.
func (s Series) point(i int) string {
	if i < 0 || i >= len(s.Points) {
		return fmt.Sprintf("#%d", i)
	}
	return s.Points[i]
}

// finish turns what was found in a series into changes, with their levels.
func (r *Result) finish(found []*candidate, known []Acknowledged, o Options) {
	slices.SortFunc(found, func(a, b *candidate) int { return cmp.Compare(a.at, b.at) })
	last := 0
	for _, c := range levels(r.Series.Values, place(r.Series.Values, found, o.Side), o.Least) {
		r.add(c, known)
		last = c.At
	}
	r.provisional(last, known, o)
	r.drift(last, o)
}

// levels are the changes that matter: those whose ratio, which is shown, differs from 1 by the least change or more.
// The smallest that does not is dropped first, since the levels beside it then become one.
func levels(values []float64, found []*candidate, least float64) []Change {
	found = slices.Clone(found)
	for {
		changes, smallest := make([]Change, len(found)), -1
		from := 0
		for i, c := range found {
			to := len(values)
			if i+1 < len(found) {
				to = found[i+1].at
			}
			changes[i] = Change{
				At: c.at, P: c.p, Confirmed: true, Before: stats.Median(values[from:c.at]),
				After: stats.Median(values[c.at:to]),
			}
			if from = c.at; !changes[i].matters(least) &&
				(smallest < 0 || changes[i].size() < changes[smallest].size()) {
				smallest = i
			}
		}
		if smallest < 0 {
			return changes
		}
		found = slices.Delete(found, smallest, smallest+1)
	}
}

func (r *Result) add(c Change, known []Acknowledged) {
	c.Point, c.Last = r.Series.point(c.At), r.Series.point(c.At-1)
	c.Worse = (c.After > c.Before) == (r.Series.Better == stats.Lower) && r.Series.Better != 0
	for _, k := range known {
		if k.Series == r.Series.Name && k.Unit == r.Series.Unit && abs(r.index(k.Point)-c.At) <= near {
			c.Known = k.Reason // further data points may move a change by a data point or two
		}
	}
	r.Changes = append(r.Changes, c)
}

// index is the place of a data point, far off when it is none of the series.
func (r *Result) index(point string) int {
	for i := range r.Series.Values {
		if r.Series.point(i) == point {
			return i
		}
	}
	return -1 << 30
}

// provisional tells of a large step in the last two data points: to the same side of the level
// before, by about [Options.Jump] together, and further than neighbouring data points ever differ.
func (r *Result) provisional(from int, known []Acknowledged, o Options) {
	values := r.Series.Values
	n := len(values)
	if n-from < o.Side+2 {
		return
	}
	before := stats.Median(values[from : n-2])
	spread := stats.Deviation(values[from:n-2]) / before
	away := func(i int) float64 { return values[i]/before - 1 }
	// A step of just that size shows as more in one data point and as less in the other.
	each, both := max(o.Jump/2, 2.5*spread), max(0.75*o.Jump, 3.5*spread)
	if away(n-2)*away(n-1) <= 0 || min(math.Abs(away(n-2)), math.Abs(away(n-1))) < each ||
		math.Abs(away(n-2)+away(n-1))/2 < both {
		return
	}
	at := n - 2
	for at-1 > from && away(at-1)*away(n-1) > 0 && math.Abs(away(at-1)) >= each {
		at--
	}
	r.add(Change{At: at, P: 1, Before: before, After: stats.Median(values[at:])}, known)
}

func random(seed uint64, series int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(series)+1)) }
