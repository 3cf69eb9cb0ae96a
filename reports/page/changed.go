package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Earlier are the runs before this one of the same suite, as far as the page shows them.
type Earlier struct {
	// Previous is the newest of them, judged; nil when there is none that can be read.
	Previous *archive.Run
	// History are all of them, oldest first.
	History []*archive.Summary
}

// changed is what the page says of the runs before.
type changed struct {
	ID, Began string // of the previous run
	Sentence  string
	Settings  []string // that differ and keep figures from being compared
	Rows      []change
}

// change is a claim beside what the previous run says of it.
type change struct {
	compared.Row
	Anchor       string
	Before, Now  string // median and spread of the runs
	Was, Is      judge.Verdict
	Differs      bool // in its verdict
	Spark        *spark
	Why, Outcome string
}

// changedSince compares the run with the previous one; nil where there is none.
func changedSince(r *figures.Report, e *Earlier, claims []row) (*changed, error) {
	if e == nil || e.Previous == nil {
		return nil, nil
	}
	before, err := figures.Of(e.Previous)
	if err != nil {
		return nil, err
	}
	history := append(slices.Clone(e.History), &archive.Summary{Results: r.Run.Results})
	c := compared.OfReports(before, r)
	all := &changed{ID: e.Previous.ID, Began: moment(e.Previous), Sentence: c.Sentence()}
	for _, s := range c.Settings {
		if s.Matters {
			all.Settings = append(all.Settings, s.String())
		}
	}
	for _, one := range c.Claims {
		ch := change{
			Row: one, Outcome: string(one.Outcome), Why: one.Reason(), Anchor: fmt.Sprintf("phase-%d", one.Phase),
			Spark: sparkOf(one, history),
		}
		ch.Before, ch.Now = one.Measured()
		ch.Was, ch.Is = verdictOf(one.Base), verdictOf(one.Head)
		ch.Differs = ch.Was != ch.Is
		if at := slices.IndexFunc(claims, func(r row) bool { return r.Claim.Claim == one.Claim }); at >= 0 {
			ch.Anchor = claims[at].Anchor
		}
		all.Rows = append(all.Rows, ch)
	}
	return all, nil
}

func verdictOf(r *judge.Result) judge.Verdict {
	if r == nil {
		return 0
	}
	return r.Verdict
}

// moment is when a run began.
func moment(r *archive.Run) string { return r.Started.UTC().Format("2006-01-02 15:04:05 UTC") }

// spark is a claim's medians over the runs, drawn small.
type spark struct {
	Points string // of the line
	Dots   []dot
	Bound  string // where its bound lies, from above; "" where that is outside
	About  string // the same in a sentence
}

// dot is one run.
type dot struct{ X, Y, Class string }

// The size of a history.
const (
	sparkWidth  = 88.0
	sparkHeight = 24.0
	sparkEdge   = 3.0
)

// past is what a run says of a claim.
type past struct {
	median  float64
	verdict judge.Verdict
}

// pastOf reads a claim's medians, in order; of runs in which it was another claim there is none.
func pastOf(claim compared.Row, runs []*archive.Summary) (all []past) {
	for _, run := range runs {
		for _, r := range run.Results {
			if r.Claim == claim.Claim && r.Metric == claim.Metric && len(r.Measured) > 0 {
				all = append(all, past{stats.Median(r.Measured), r.Verdict})
			}
		}
	}
	return all
}

// sparkOf draws a claim over the runs; nil where fewer than two tell of it.
func sparkOf(claim compared.Row, runs []*archive.Summary) *spark {
	all := pastOf(claim, runs)
	if len(all) < 2 || claim.Head == nil {
		return nil
	}
	low, high, counts := math.Inf(1), math.Inf(-1), map[judge.Verdict]int{}
	for _, p := range all {
		if math.IsNaN(p.median) || math.IsInf(p.median, 0) {
			return nil
		}
		low, high = min(low, p.median), max(high, p.median)
		counts[p.verdict]++
	}
	y := func(v float64) float64 {
		if high == low {
			return sparkHeight / 2
		}
		return sparkEdge + (sparkHeight-2*sparkEdge)*(high-v)/(high-low)
	}
	s := &spark{}
	var points []string
	for i, p := range all {
		x := sparkEdge + (sparkWidth-2*sparkEdge)*float64(i)/float64(len(all)-1)
		points = append(points, length(x)+","+length(y(p.median)))
		s.Dots = append(s.Dots, dot{length(x), length(y(p.median)), figures.Judged(p.verdict)})
	}
	s.Points = strings.Join(points, " ")
	if bound := claim.Head.Bound; bound >= low && bound <= high && high > low {
		s.Bound = length(y(bound))
	}
	var verdicts []string
	for v := judge.Refuted; v >= judge.Verified; v-- {
		if counts[v] > 0 {
			verdicts = append(verdicts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	s.About = fmt.Sprintf("%s over %s: medians from %s to %s %s, %s at last; %s", figures.Clean(claim.Claim),
		figures.Plural(len(all), "run"), figures.Number(low), figures.Number(high), claim.Head.Unit,
		figures.Number(all[len(all)-1].median), strings.Join(verdicts, ", "))
	return s
}
