package index

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// unknown stands for a median that was not measured.
var unknown = math.NaN()

// mostListed is how many runs of a claim are listed as a table.
const mostListed = 30

// Size of a sparkline, in CSS pixels. The script has the same.
const (
	sparkWidth, sparkHeight = 240, 40
	sparkMargin             = 5
)

// Claim is a claim over the runs of its suite.
type Claim struct {
	Suite  string // its title in the newest run
	Claim  string
	Points []Point // oldest first

	suite string // its name
}

// Point is what one run says of a claim.
type Point struct {
	Run        int    // place among the runs of the index
	ID         string // of the run
	Documented string
	Unit       string
	Median     float64 // NaN: not measured
	Bound      float64
	Verdict    judge.Verdict
}

// claims are those of all runs, which are given newest first: by suite, in the order of its newest run.
func claims(runs []Run) []Claim {
	type key struct{ suite, claim, unit string }
	var all []Claim
	at := map[key]int{}
	for i, r := range runs {
		for _, one := range r.results {
			k := key{r.suite, one.claim, one.unit}
			n, ok := at[k]
			if !ok {
				n = len(all)
				at[k] = n
				all = append(all, Claim{Suite: r.Title, Claim: one.claim, suite: r.suite})
			}
			all[n].Points = append(all[n].Points, Point{
				Run: i, ID: r.ID, Documented: one.documented, Unit: one.unit, Median: one.median, Bound: one.bound,
				Verdict: one.verdict,
			})
		}
	}
	order := map[string]int{}
	for _, c := range all {
		if _, ok := order[c.suite]; !ok {
			order[c.suite] = len(order)
		}
	}
	slices.SortStableFunc(all, func(a, b Claim) int { return order[a.suite] - order[b.suite] })
	for i := range all {
		slices.Reverse(all[i].Points)
	}
	return all
}

// Newest is the newest run's.
func (c Claim) Newest() Point { return c.Points[len(c.Points)-1] }

// Listed are the newest runs, the newest first.
func (c Claim) Listed() []Point {
	all := slices.Clone(c.Points)
	slices.Reverse(all)
	return all[:min(len(all), mostListed)]
}

// Measured is the median, with its unit.
func (p Point) Measured() string {
	return figures.In(p.Unit)(p.Median, !math.IsNaN(p.Median))
}

// Text tells in words what the sparkline shows.
func (c Claim) Text() string {
	counts := map[judge.Verdict]int{}
	low, high, known := math.Inf(1), math.Inf(-1), 0
	for _, p := range c.Points {
		counts[p.Verdict]++
		if !math.IsNaN(p.Median) {
			low, high, known = min(low, p.Median), max(high, p.Median), known+1
		}
	}
	var verdicts []string
	for _, v := range []judge.Verdict{
		judge.Verified, judge.Refuted, judge.Invalid, judge.Inconclusive, judge.Untestable, 0,
	} {
		if counts[v] > 0 {
			verdicts = append(verdicts, fmt.Sprintf("%d %s", counts[v], figures.Judged(v)))
		}
	}
	newest := c.Newest()
	text := fmt.Sprintf("%s over %s: %s.", c.Claim, figures.Plural(len(c.Points), "run"), strings.Join(verdicts, ", "))
	if known > 0 {
		text += fmt.Sprintf(" Medians %s to %s, newest %s; documented %s.", figures.Number(low),
			figures.In(newest.Unit)(high, true), newest.Measured(), newest.Documented)
	}
	return text
}

// Data is the points as the script reads them: place of the run, median, bound, verdict, for each that was measured.
func (c Claim) Data() string {
	var parts []string
	for _, p := range c.Points {
		if !math.IsNaN(p.Median) {
			parts = append(parts, fmt.Sprintf("%d %s %s %d", p.Run, short(p.Median), short(p.Bound), int(p.Verdict)))
		}
	}
	return strings.Join(parts, ",")
}

// short is a number as briefly as a line needs it.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }

// Path is a line of a sparkline, or the dots of one verdict.
type Path struct{ Class, D string }

// Paths are the lines of the sparkline, and its dots by verdict. The script draws the same.
func (c Claim) Paths() []Path {
	var medians, bounds []float64
	var verdicts []judge.Verdict
	for _, p := range c.Points {
		if !math.IsNaN(p.Median) {
			medians, bounds, verdicts = append(medians, p.Median), append(bounds, p.Bound), append(verdicts, p.Verdict)
		}
	}
	if len(medians) == 0 {
		return nil
	}
	at := scale(medians, bounds)
	paths := []Path{{"bound", at.line(bounds)}, {"median", at.line(medians)}}
	for v := judge.Verified; v <= judge.Refuted; v++ {
		if d := at.dots(medians, verdicts, v); d != "" {
			paths = append(paths, Path{"dots " + v.String(), d})
		}
	}
	return paths
}

// scaling maps points to a sparkline.
type scaling struct {
	low, high float64
	last      int // index of the last point
}

// scale holds all medians and bounds.
func scale(medians, bounds []float64) scaling {
	s := scaling{min(slices.Min(medians), slices.Min(bounds)), max(slices.Max(medians), slices.Max(bounds)),
		len(medians) - 1}
	if s.high == s.low {
		s.low, s.high = s.low-1, s.high+1
	}
	return s
}

func (s scaling) point(i int, v float64) string {
	x := float64(sparkWidth) / 2
	if s.last > 0 {
		x = sparkMargin + float64(i)/float64(s.last)*(sparkWidth-2*sparkMargin)
	}
	y := sparkMargin + (s.high-v)/(s.high-s.low)*(sparkHeight-2*sparkMargin)
	return strconv.FormatFloat(x, 'f', 1, 64) + " " + strconv.FormatFloat(y, 'f', 1, 64)
}

// line joins the points; one alone is as wide as the sparkline.
func (s scaling) line(values []float64) string {
	if len(values) == 1 {
		_, y, _ := strings.Cut(s.point(0, values[0]), " ")
		return fmt.Sprintf("M%d.0 %sL%d.0 %s", sparkMargin, y, sparkWidth-sparkMargin, y)
	}
	var b strings.Builder
	for i, v := range values {
		b.WriteString(string("ML"[min(i, 1)]) + s.point(i, v))
	}
	return b.String()
}

// dots are the points of a verdict: lines of no length, with round ends.
func (s scaling) dots(medians []float64, verdicts []judge.Verdict, of judge.Verdict) string {
	var b strings.Builder
	for i, v := range medians {
		if verdicts[i] == of {
			b.WriteString("M" + s.point(i, v) + "h0")
		}
	}
	return b.String()
}
