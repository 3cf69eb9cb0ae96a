package page

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

//go:embed trend.html
var trendSource string

var trendLayout = template.Must(template.New("trend").Funcs(besideFuncs).Parse(trendSource))

// mostDrawn is how many series with a change have a chart; all have a line of their own in the tables.
const mostDrawn = 40

// history is what the page of a history shows.
type history struct {
	Summary, Points, First, Last string
	Judged, TooShort, TooNoisy   int
	Worse                        bool
	Steps                        []step // the worst first
	Charts                       []seriesChart
	Undrawn                      int // series with a change that have no chart
	Steady                       []steady
	Left                         []string
}

// step is a change of a series, or its drift.
type step struct {
	Kind, Class, Mark     string
	Name, Unit, By        string
	From, To              string // levels
	Last, Point, Commits  string // the data points between which it happened, and their commits
	Confidence, Known, ID string
	Trace                 *trace
	rank                  int
	size                  float64
}

// seriesChart is the chart of a series with its levels.
type seriesChart struct {
	figure
	ID     string
	Levels []level
}

// level is a stretch of a series between two changes.
type level struct{ First, Last, Median, Change string }

// steady is a series without a change.
type steady struct {
	Name, Unit, Level, Noise, State string
	Trace                           *trace
}

// WriteTrend writes the page of a judged history: a table of what changed, the worst first, a chart of each series that
// did, and a line of each other. left names the figures that were left out.
func WriteTrend(w io.Writer, r trend.Report, left []string) error {
	h := history{
		Judged: r.Count(trend.Judged), TooShort: r.Count(trend.TooShort), TooNoisy: r.Count(trend.TooNoisy), Left: left,
		First: figures.Unknown, Last: figures.Unknown, Worse: r.Worse(),
	}
	most := 0
	var moved []int
	for i, one := range r.Results {
		if n := len(one.Series.Values); n > most {
			if most = n; len(one.Series.Points) == n {
				h.First, h.Last = one.Series.Points[0], one.Series.Points[n-1]
			}
		}
		if len(one.Changes) == 0 && one.Drift == nil {
			h.Steady = append(h.Steady, steadyOf(one))
			continue
		}
		moved = append(moved, i)
		h.Steps = append(h.Steps, stepsOf(i, one)...)
	}
	slices.SortStableFunc(h.Steps,
		func(a, b step) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.size, a.size)) })
	h.draw(r, moved)
	h.Points = figures.Plural(most, "data point")
	h.Summary = fmt.Sprintf("%d of %s changed", len(moved), figures.Plural(len(r.Results), "series"))
	if len(r.Results) != 1 {
		h.Summary = fmt.Sprintf("%d of %d series changed", len(moved), len(r.Results))
	}
	if err := trendLayout.Execute(w, h); err != nil {
		return fmt.Errorf("write the page of the trend: %w", err)
	}
	return nil
}

// draw adds the charts of the series that changed, in the order of the table.
func (h *history) draw(r trend.Report, moved []int) {
	drawn := map[string]bool{}
	for n := range h.Steps {
		id := h.Steps[n].ID
		if drawn[id] {
			continue
		}
		if len(drawn) == mostDrawn {
			h.Steps[n].ID = ""
			continue
		}
		drawn[id] = true
		for _, i := range moved {
			if seriesID(i) == id {
				h.Charts = append(h.Charts, seriesChart{
					figure: figureOf(chart.Trend(i+1, r.Results[i])), ID: id, Levels: levelsOf(r.Results[i]),
				})
			}
		}
	}
	h.Undrawn = len(moved) - len(drawn)
}

func seriesID(i int) string { return fmt.Sprintf("series-%d", i+1) }

// Sentence is what became of the history, the worst change first.
func (h history) Sentence() string {
	text := h.Summary
	if len(h.Steps) > 0 {
		first := h.Steps[0]
		text = fmt.Sprintf("%s: %s %s by %s; %s", first.Kind, first.Name, first.Unit, first.By, text)
	}
	return text
}

// stepsOf are the changes of a series, and its drift.
func stepsOf(number int, r trend.Result) (all []step) {
	s := step{
		Name: figures.Clean(r.Series.Name), Unit: figures.Clean(r.Series.Unit), ID: seriesID(number), Trace: traceOf(r),
	}
	for _, c := range r.Changes {
		one := s
		one.Kind, one.rank = kindOf(r.Series, c.Worse, c.Known, c.Confirmed)
		one.By = fmt.Sprintf("%+.1f %%", 100*(c.Ratio()-1))
		one.From, one.To, one.Known = figures.Number(c.Before), figures.Number(c.After), c.Known
		one.Last, one.Point, one.Commits = c.Last, c.Point, figures.CommitRange(c.Last, c.Point)
		one.Confidence = fmt.Sprintf("confirmed, p %.2g", c.P)
		if !c.Confirmed {
			one.Confidence = "provisional: too few data points since"
		}
		one.size = math.Abs(math.Log(c.Ratio()))
		all = append(all, one.styled())
	}
	if d := r.Drift; d != nil {
		one, values := s, r.Series.Values
		kind, rank := kindOf(r.Series, d.Worse, d.Known, true)
		one.Kind, one.rank, one.Known = "drift, "+kind, rank, d.Known
		one.By = fmt.Sprintf("%+.1f %% over %s", 100*d.Total, figures.Plural(len(values)-d.From, "data point"))
		one.Last, one.Point = pointOf(r.Series, d.From), pointOf(r.Series, len(values)-1)
		one.Commits = figures.CommitRange(one.Last, one.Point)
		one.Confidence, one.size = fmt.Sprintf("p %.2g", d.P), math.Abs(d.Total)
		all = append(all, one.styled())
	}
	return all
}

// kindOf says in a word what a change means, and where it stands among others: the lowest first.
func kindOf(s trend.Series, worse bool, known string, confirmed bool) (string, int) {
	switch {
	case known != "":
		return "acknowledged", 4
	case worse && confirmed:
		return "worse", 0
	case worse:
		return "worse", 1
	case s.Better == stats.Neither:
		return "changed", 2
	}
	return "better", 3
}

// styled adds the sign and the colour of the kind.
func (s step) styled() step {
	looks := [][2]string{
		{"✗", "refuted"}, {"✗", "inconclusive"}, {"?", "untestable"}, {"✓", "verified"}, {"–", "untestable"},
	}
	s.Mark, s.Class = looks[s.rank][0], looks[s.rank][1]
	return s
}

func pointOf(s trend.Series, i int) string {
	if i < 0 || i >= len(s.Points) {
		return fmt.Sprintf("#%d", i)
	}
	return s.Points[i]
}

// levelsOf are the stretches between the changes.
func levelsOf(r trend.Result) (all []level) {
	from, change := 0, ""
	add := func(to int) {
		if to > from {
			all = append(all, level{
				pointOf(r.Series, from), pointOf(r.Series, to-1),
				figures.Number(stats.Median(r.Series.Values[from:to])), change,
			})
		}
		from = to
	}
	for _, c := range r.Changes {
		add(min(c.At, len(r.Series.Values)))
		change = fmt.Sprintf("%+.1f %%", 100*(c.Ratio()-1))
		if c.Known != "" {
			change += ", acknowledged: " + c.Known
		}
	}
	add(len(r.Series.Values))
	return all
}

func steadyOf(r trend.Result) steady {
	s := steady{
		Name: figures.Clean(r.Series.Name), Unit: figures.Clean(r.Series.Unit), Level: figures.Unknown,
		State: "no change detected", Trace: traceOf(r), Noise: figures.Number(100*r.Noise) + " %",
	}
	if r.State != trend.Judged {
		s.State = string(r.State)
	}
	if len(r.Series.Values) > 0 {
		s.Level = figures.Number(stats.Median(r.Series.Values))
	}
	return s
}

// trace is a series as a small line.
type trace struct {
	Path  string // of the line
	Marks []mark // where it changed
	About string // the same in a sentence
}

// mark is a change of a trace.
type mark struct{ X, Class string }

// The size of a trace, and how many points it has at most.
const (
	traceWidth, traceHeight = 160.0, 32.0
	tracePoints             = 160
)

// traceOf draws a series from its smallest to its largest value; longer ones by the medians of neighbours.
func traceOf(r trend.Result) *trace {
	values := r.Series.Values
	if len(values) == 0 {
		return nil
	}
	every := (len(values) + tracePoints - 1) / tracePoints
	var points []float64
	for i := 0; i < len(values); i += every {
		points = append(points, stats.Median(values[i:min(i+every, len(values))]))
	}
	low, high := slices.Min(points), slices.Max(points)
	x := func(at float64) string {
		return fmt.Sprintf("%.1f", traceWidth*at/float64(max(1, len(values)-1)))
	}
	var b strings.Builder
	for i, v := range points {
		y := traceHeight / 2
		if high > low {
			y = 1 + (traceHeight-2)*(high-v)/(high-low)
		}
		fmt.Fprintf(&b, "%c%s %.1f", "ML"[min(i, 1)], x(float64(min(i*every, len(values)-1))), y)
	}
	t := &trace{Path: b.String()}
	about := "from %s to %s %s, %s at last"
	t.About = fmt.Sprintf(about, figures.Number(low), figures.Number(high), figures.Clean(r.Series.Unit),
		figures.Number(values[len(values)-1]))
	for _, c := range r.Changes {
		kind, rank := kindOf(r.Series, c.Worse, c.Known, c.Confirmed)
		t.Marks = append(t.Marks, mark{x(float64(c.At) - 0.5), []string{"worse", "worse", "", "better", ""}[rank]})
		t.About += "; " + kind + " from " + figures.Clean(c.Point) + " on"
	}
	return t
}
