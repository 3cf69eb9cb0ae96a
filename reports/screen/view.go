package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

const (
	leastWidth  = 60  // columns; a narrower terminal has one line
	mostWidth   = 200 // columns that are used, however wide the terminal is
	leastHeight = 10  // rows; a lower terminal has one line
	spareRows   = 2   // that stay free: for the cursor, and for a line that is written above
	mostRuns    = 12  // of the phase that are listed
	mostPhases  = 8   // that are done and listed
	labelWidth  = 9   // with the space after it
	textWidth   = 38  // least width of the figures beside a sparkline
	scaleWidth  = 18  // of what stands behind a sparkline: its greatest value
	scaledFrom  = 76  // columns from which it stands there
)

// unknown stands for a figure that is not known.
const unknown = "–"

// Ranks of rows: those with the highest go first when the terminal is low.
const (
	rankAlways = iota
	rankCore
	rankLess
	rankLeast
)

type row struct {
	text string
	rank int
}

// view is the screen within so many columns and rows: at most height - 2 lines of at most width columns, without a
// line break at its end.
func (s *state) view(width, height int) string {
	width = min(width, mostWidth)
	if width < leastWidth || height < leastHeight {
		return cut(s.oneLine(), max(0, width-1))
	}
	rows := s.core(width)
	for free := height - spareRows; len(rows) > free; {
		least := 0
		for i, r := range rows {
			if r.rank >= rows[least].rank {
				least = i
			}
		}
		rows = slices.Delete(rows, least, least+1)
	}
	var lines []string
	for _, r := range rows {
		lines = append(lines, r.text)
	}
	lines = append(lines, s.lists(height-spareRows-len(lines))...)
	for i, l := range lines {
		lines[i] = cut(strings.TrimRight(l, " "), width)
	}
	return strings.Join(lines, "\n")
}

// oneLine is all of it, for a terminal that has no room for more.
func (s *state) oneLine() string {
	text := s.where() + ": " + s.doing()
	if left, ok := s.remaining(); ok {
		text += ", " + figures.Elapsed(left) + " left"
	}
	if s.notice != "" {
		text = s.notice
	}
	return text
}

// core are the rows that do not depend on how many runs there have been.
func (s *state) core(width int) []row {
	var latest measure.Live
	if len(s.seconds) > 0 {
		latest = s.seconds[len(s.seconds)-1]
	}
	rate := func(of func(measure.Live) float64) string {
		if len(s.seconds) == 0 {
			return unknown
		}
		return figures.Number(of(latest))
	}
	rates := s.values(func(l measure.Live) (float64, bool) { return l.AnsweredRate(), true })
	p99s := s.values(func(l measure.Live) (float64, bool) { return inMilliseconds(l.P99) })
	rows := []row{
		{s.heading(width), rankAlways},
		{s.bar(width), rankLess},
		{s.paint(bold, cut(s.where()+": "+s.doing(), width)), rankAlways},
		{s.charted(width, suite.Goodput, fmt.Sprintf("offered %s, answered %s req/s", rate(measure.Live.OfferedRate),
			rate(measure.Live.AnsweredRate)), rates, "req/s"), rankCore},
		{s.line(width, percentile(0.5).Label(), duration(latest.P50)+s.bound(0.5)), rankLess},
		{s.charted(width, percentile(0.99).Label(), duration(latest.P99)+s.bound(0.99), p99s, "ms"), rankCore},
		{s.line(width, string(suite.OfErrors), s.errors()), rankCore},
		{s.line(width, "workers", s.workers(latest)+", schedule lag p99 "+duration(latest.ScheduleLag)), rankLeast},
	}
	if s.notice != "" {
		rows = append(rows, row{s.paint(yellow, cut(s.notice, width)), rankAlways})
	}
	return rows
}

// heading is the suite with the time left, or the time that has passed where nobody knows how much is left.
func (s *state) heading(width int) string {
	left := figures.Elapsed(s.passed()) + " so far"
	if d, ok := s.remaining(); ok {
		left = figures.Elapsed(d) + " left"
	}
	title := cut(figures.Clean(s.options.Title), width-columns(left)-2)
	return s.paint(bold, title) + strings.Repeat(" ", width-columns(title)-columns(left)) + left
}

// bar shows how much of the plan is done. A search has no plan: how many runs it takes is its result.
func (s *state) bar(width int) string {
	share, known := s.share()
	length := width - 6
	full := min(length, int(share*float64(length)))
	bar := s.paint(green, strings.Repeat("█", full)) + s.paint(dim, strings.Repeat("░", length-full))
	if !known {
		return bar + "   " + unknown + " %"
	}
	return bar + fmt.Sprintf(" %3.0f %%", 100*share)
}

// where is the phase under way.
func (s *state) where() string {
	if s.phase == nil {
		return "Preparing"
	}
	text := figures.Capital(s.phase.Title()) + " " + figures.Shorten(figures.Clean(s.phase.Name), 30)
	if at, of := s.position(); at > 0 && of > 1 {
		text += fmt.Sprintf(" (%d of %d)", at, of)
	}
	return text
}

// doing is the run under way with its stage.
func (s *state) doing() string {
	if s.phase == nil {
		return "nothing has started yet"
	}
	stage := figures.Clean(s.step.Stage)
	switch {
	case s.step.Trial != nil || s.step.Run == 0 && !s.step.Search:
		return stage
	case s.step.Search:
		text := "capacity, trying " + figures.Number(float64(s.step.Phase.Rate)) + " req/s"
		if s.step.Run > 0 {
			text = fmt.Sprintf("capacity, run %d at %s req/s", s.step.Run, figures.Number(float64(s.step.Phase.Rate)))
		}
		return text + ", " + stage
	default:
		return fmt.Sprintf("run %d of %d, %s", s.step.Run, s.step.Runs, stage)
	}
}

// percentile is a figure of the response times, for its name.
func percentile(quantile float64) suite.Metric {
	return suite.Metric{Figure: suite.OfResponse, Quantile: quantile}
}

// bound is what the suite documents of a percentile of the response times, e.g. " (documented ≤ 50 ms)".
func (s *state) bound(quantile float64) string {
	return s.documented(func(m suite.Metric) bool { return m.Figure == suite.OfResponse && m.Quantile == quantile })
}

// documented is the first claim of the phase under way on a metric; "" when there is none.
func (s *state) documented(is func(suite.Metric) bool) string {
	if s.phase == nil || s.options.Suite == nil {
		return ""
	}
	for _, c := range s.options.Suite.ClaimsOf(s.phase.Number) {
		if c.Over == 0 && is(c.Of()) {
			return " (documented " + figures.Documented(judge.Result{
				Op: c.Op, Value: c.Value.Value, To: c.To.Value, Unit: c.Unit(),
			}) + ")"
		}
	}
	return ""
}

// errors are the requests that failed in the stage under way.
func (s *state) errors() string {
	if len(s.seconds) == 0 {
		return unknown
	}
	text := fmt.Sprintf("%s of %s requests", figures.Count(s.counted.failed), figures.Count(s.counted.all))
	if s.counted.failed > 0 {
		text += fmt.Sprintf(", %s %%", figures.Number(100*float64(s.counted.failed)/float64(s.counted.all)))
		text = s.paint(red, text)
	}
	return text + s.documented(func(m suite.Metric) bool { return m.Figure == suite.OfErrors })
}

// workers is how many processes serve, of how many there are to be.
func (s *state) workers(latest measure.Live) string {
	text := unknown
	if latest.Workers != nil {
		text = fmt.Sprint(*latest.Workers)
	}
	if s.phase == nil {
		return text
	}
	return fmt.Sprintf("%s of %d", text, s.phase.Workers)
}

// values are a figure second by second, those that are not known as not a number.
func (s *state) values(of func(measure.Live) (float64, bool)) []float64 {
	var all []float64
	for _, l := range s.seconds {
		v, ok := of(l)
		if !ok {
			v = missing
		}
		all = append(all, v)
	}
	return all
}

// line is a label with its figures.
func (s *state) line(width int, label, text string) string {
	return cut(s.paint(dim, pad(label, labelWidth))+text, width)
}

// charted is a label with its figures and, beside them, a sparkline with its greatest value.
func (s *state) charted(width int, label, text string, values []float64, unit string) string {
	left := s.line(width, label, pad(text, textWidth)) + "  "
	length := width - columns(left)
	if width >= scaledFrom {
		length -= scaleWidth
	}
	if length < 1 {
		return s.line(width, label, text)
	}
	values = values[max(0, len(values)-length):]
	scale := ""
	if top, ok := greatest(values); ok && width >= scaledFrom {
		scale = " max " + figures.Number(top) + " " + unit
	}
	return left + sparkline(values) + scale
}

// lists are the runs of the phase that are done, and the phases that are done, within so many rows.
func (s *state) lists(free int) []string {
	var runs, phases []string
	if s.phase != nil {
		for _, f := range s.phase.runs {
			runs = append(runs, s.finished(f))
		}
	}
	for i := range s.done {
		phases = append(phases, "  "+figures.Capital(s.done[i].Title())+" "+
			figures.Shorten(figures.Clean(s.done[i].Name), 30)+": "+s.done[i].summary())
	}
	lines := s.list("Runs of this phase", runs, min(mostRuns, free-2))
	return append(lines, s.list("Phases that are done", phases, min(mostPhases, free-len(lines)-2))...)
}

// list is a heading and the last of some lines, after an empty line; nothing when there are none, or no room.
func (s *state) list(heading string, all []string, most int) []string {
	if len(all) == 0 || most < 1 {
		return nil
	}
	if len(all) > most {
		heading += fmt.Sprintf(", the last %d of %d", most, len(all))
		all = all[len(all)-most:]
	}
	return append([]string{"", s.paint(dim, heading)}, all...)
}

// finished is a run that is done, in one line.
func (s *state) finished(f finished) string {
	text := fmt.Sprintf("%3d  %s req/s  p99 %s", f.number, lead(figures.Number(f.rate), 7),
		lead(duration(known(f.p99)), 9))
	if f.failed > 0 {
		text += ", " + figures.Count(f.failed) + " failed"
	}
	why := figures.Clean(strings.Join(f.why, "; "))
	switch {
	case f.search && why != "":
		text += ", " + figures.Clean(f.said) + " (" + why + ")"
	case f.search:
		text += ", " + figures.Clean(f.said)
	case why != "":
		text += s.paint(yellow, ", excluded: "+why)
	}
	return text
}

func known(d time.Duration) *time.Duration {
	if d < 0 {
		return nil
	}
	return &d
}

// duration writes a time in milliseconds.
func duration(d *time.Duration) string {
	v, ok := inMilliseconds(d)
	if !ok {
		return unknown
	}
	return figures.Number(v) + " ms"
}

func inMilliseconds(d *time.Duration) (float64, bool) {
	if d == nil {
		return 0, false
	}
	return milliseconds(*d), true
}

// columns is how many columns of a terminal the text takes.
func columns(s string) int { return ansi.StringWidthWc(s) }

// cut shortens a text to so many columns, and says so with "…".
func cut(s string, width int) string { return ansi.TruncateWc(s, max(0, width), "…") }

// pad fills a text with spaces at its end.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-columns(s))) }

// lead fills a text with spaces at its begin.
func lead(s string, width int) string { return strings.Repeat(" ", max(0, width-columns(s))) + s }
