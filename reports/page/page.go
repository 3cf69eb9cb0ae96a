// Package page writes a report as one HTML file that needs nothing else: no network, charts and styles within it. It
// is complete without its script, which draws the charts anew, to be looked at closely.
package page

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

//go:embed page.html
var source string

//go:embed page.css
var style string

// longest is how many characters of a foreign text are shown.
const longest = 600

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"clean":   func(s string) string { return figures.Shorten(figures.Clean(s), longest) },
	"capital": figures.Capital, "count": figures.Count, "documented": figures.Documented,
	"measured": figures.Measured, "judged": figures.Judged,
	"style": func() template.CSS { return template.CSS(style) }, // of the page of flame graphs
	"flame": flameOf,
}).Parse(source))

// content is what the page shows.
type content struct {
	*figures.Report
	Claims   []row
	Limits   []limit
	Changed  *changed // since the previous run; nil where there is none
	Phases   []section
	Overview image
	Notes    []notes
	Began    string
	Took     string
	Exit     string
	Meanings []struct{ Verdict, Meaning string }
	Options  []pair
	Live     hooks
}

// section is the part of the page that one phase has.
type section struct {
	figures.Phase
	Omitted   []omitted // runs that are excluded
	Charts    []image
	Seconds   *values // over time, of the runs that count; nil where none does
	Figures   []pair
	Endpoints []breakdown
	Workers   []breakdown
	Errors    []measure.ErrorCount
	MoreKinds int // of errors that are not listed
}

type pair struct{ Name, Value string }

// image is a chart within the page; without a source it could not be drawn.
type image struct {
	Name, Title, Alt string
	Source           template.URL
	Values           *values // what is drawn; nil for nothing
}

// ID is the anchor of the chart.
func (i image) ID() string { return "chart-" + i.Name }

// breakdown is one row of a table by endpoint or worker.
type breakdown struct {
	Name, Requests, Failed, P50, P99, Max string
	CPU, Memory                           string // of a worker
}

// mostErrors is how many kinds of errors of a phase are listed.
const mostErrors = 20

// Write writes the page. A chart that cannot be drawn is missing from it, and named. Of the runs before, it says what
// changed since; nil for a page that knows of none.
func Write(w io.Writer, r *figures.Report, charts []chart.Chart, earlier *Earlier) error {
	c := content{
		Report: r, Began: moment(r.Run), Took: figures.Unknown,
		Exit: r.ExitMeaning(), Meanings: figures.Verdicts(), Options: options(r.Run),
		Claims: rows(r, charts), Limits: limits(r), Notes: notesOf(r),
	}
	var err error
	if c.Changed, err = changedSince(r, earlier, c.Claims); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	if !r.Run.Ended.IsZero() {
		c.Took = figures.Elapsed(r.Run.Ended.Sub(r.Run.Started))
	}
	all, err := liveOf(r)
	if err == nil {
		c.Live, err = hooksOf(all, isProfiled(r), style)
	}
	if err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	for _, p := range r.Phases {
		c.Phases = append(c.Phases, sectionOf(p, all))
	}
	for _, drawn := range charts {
		i := imageOf(drawn)
		if drawn.Phase == 0 {
			c.Overview = i
		}
		for n := range c.Phases {
			if drawn.Phase == c.Phases[n].Number {
				c.Phases[n].Charts = append(c.Phases[n].Charts, i)
			}
		}
	}
	if err := layout.Execute(w, c); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// imageOf renders a chart. As an image of its own, it can reach nothing of the page.
func imageOf(c chart.Chart) image {
	i := image{Name: c.Name, Title: c.Title, Alt: c.Title + ". " + c.About, Values: valuesOf(c.Table())}
	var svg bytes.Buffer
	if err := c.SVG(&svg); err == nil {
		i.Source = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg.Bytes()))
	}
	return i
}

func options(run *archive.Run) []pair {
	o := run.Options
	return []pair{
		{"Runs of each phase", fmt.Sprint(o.Runs)}, {"Warm-up", o.WarmupBounds().String()},
		{"Measurement window", o.Duration.String()},
		{"Rates", figures.Number(cmp.Or(o.RateScale, 1)) + " × documented"},
		{"Seed", fmt.Sprint(o.Seed)}, {"Stores asked for", o.Stores},
	}
}

func sectionOf(p figures.Phase, all live) section {
	s := section{Phase: p, Omitted: omittedOf(p)}
	if i := slices.IndexFunc(all.Phases, func(l livePhase) bool { return l.Number == p.Number }); i >= 0 {
		s.Seconds = all.Phases[i].table()
	}
	pool, _ := p.Shown()
	of := func(f suite.Figure, unit string) string { return figures.In(unit)(pool.Figure(f)) }
	ms, cpu := figures.In("ms"), figures.In("µs per request")
	s.Figures = []pair{
		{"Runs that count", fmt.Sprintf("%d of %d", p.Counted(), len(p.Runs))},
		{"Offered", figures.In("req/s")(p.Mean(), p.Offered > 0)}, {"Achieved", of(suite.OfGoodput, "req/s")},
	}
	for i, m := range suite.Those(suite.OfResponse) {
		s.Figures = append(s.Figures,
			pair{map[bool]string{true: "Response time "}[i == 0] + m.Label(), ms(pool.Metric(m.Name))})
	}
	s.Figures = append(s.Figures, []pair{
		{"Errors", of(suite.OfErrors, "%")},
		{"Schedule lag p50", ms(pool.ScheduleLag(0.5))}, {"Schedule lag p99", ms(pool.ScheduleLag(0.99))},
		{"Processor time of the cluster", cpu(pool.ClusterCPU())},
		{"of the stores", cpu(pool.StoresCPU())}, {"of the generator", cpu(pool.GeneratorCPU())},
		{"Workers, busy", of(suite.OfProcessors, "% of their cores")}, {"Largest worker", of(suite.OfMemory, "MiB")},
		{"Memory limit of a worker", figures.Memory(p.MemoryLimit)}, {"documented", figures.Memory(p.Documented)},
	}...)
	if len(p.Providers) == 0 {
		s.Figures = slices.DeleteFunc(s.Figures, func(p pair) bool { return p.Name == "of the stores" })
	}
	if pool == nil {
		return s
	}
	w := pool.Window
	s.Endpoints = breakdowns(w.Endpoints)
	s.Workers = workers(p, w.Workers)
	s.Errors = w.Errors[:min(len(w.Errors), mostErrors)]
	s.MoreKinds = len(w.Errors) - len(s.Errors)
	return s
}

func breakdowns(all []measure.Breakdown) []breakdown {
	var rows []breakdown
	for _, b := range all {
		ms := func(q float64) string { return figures.In("ms")(figures.Quantile(b.Response, q)) }
		rows = append(rows, breakdown{
			Name: cmp.Or(figures.Clean(b.Name), "not named"), Requests: figures.Count(b.Succeeded + b.Failed),
			Failed: figures.Count(b.Failed), P50: ms(0.5), P99: ms(0.99), Max: ms(1),
		})
	}
	return rows
}

// workers adds what each worker used.
func workers(p figures.Phase, all []measure.Breakdown) []breakdown {
	rows := breakdowns(all)
	for i, b := range all {
		cpu, length, peak, known := 0.0, 0.0, int64(0), false
		for _, r := range p.Runs {
			if !r.Counts() || r.Usage == nil {
				continue
			}
			for _, s := range r.Usage.Series {
				if s.Role == measure.RoleWorker && s.Known && s.Name == measure.SeriesOfWorker(b.Name) {
					cpu, length, peak, known = cpu+s.CPU, length+r.Window.Length(), max(peak, s.PeakRSS), true
				}
			}
		}
		rows[i].CPU = figures.In("% of a core")(100*cpu/length, known && length > 0)
		rows[i].Memory = figures.In("MiB")(float64(peak)/(1<<20), known)
	}
	return rows
}

// Bottleneck names the bottleneck of a phase of which no run counts.
func (c content) Bottleneck(s section) string { return s.BottleneckLine(c.Run.Host.Cores) }

// Tally is how many claims have which verdict; "" where the sentence says all there is.
func (c content) Tally() string {
	for _, result := range c.Run.Results {
		if result.Verdict != c.Run.Results[0].Verdict {
			return c.Conclusion()
		}
	}
	return ""
}

// Sign is a verdict's sign, which stands beside its name.
func (c content) Sign(v judge.Verdict) string { return figures.Sign(v) }
