// Package text writes a report for a terminal.
package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/flame"
)

// Options say how a report is written.
type Options struct {
	Width int  // columns of the terminal; 0 stands for 80, others are kept within [60, 200]
	Color bool // with ANSI colours; the caller decides, by NO_COLOR and whether it is a terminal
}

// most is how many lines of one kind (errors, excluded runs, notes) are written.
const most = 12

// Write writes the report.
func Write(w io.Writer, r *figures.Report, o Options) error {
	if o.Width == 0 {
		o.Width = 80
	}
	p := &printer{w: w, width: min(200, max(60, o.Width)), color: o.Color}
	p.heading(r)
	p.phases(r)
	scaling := figures.CleanAll(r.ScalingLines())
	p.list("Scaling, by the Universal Scalability Law", scaling, len(scaling))
	p.list("Excluded runs", excluded(r), most)
	p.list("Notes", r.Notes(), most)
	p.conclusion(r)
	if p.err != nil {
		return fmt.Errorf("write report: %w", p.err)
	}
	return nil
}

// heading says what was run, where and on what.
func (p *printer) heading(r *figures.Report) {
	run := r.Run
	p.line(bold, r.Title())
	suite := figures.Clean(run.Suite.Name)
	if file := figures.Clean(run.Suite.File); file != "" {
		suite += " (" + file + ")"
	}
	p.field("suite", suite)
	took := ""
	if !run.Ended.IsZero() {
		took = ", took " + figures.Elapsed(run.Ended.Sub(run.Started))
	}
	started := run.Started.UTC().Format("2006-01-02 15:04:05 UTC")
	p.field("run",
		fmt.Sprintf("%s, started %s%s, seed %d", figures.Clean(run.ID), started, took, run.Options.Seed))
	p.field("host", r.Host())
	p.field("stores", r.Stores())
	p.field("build", r.Build())
	if run.Interrupted {
		p.field("stopped", "interrupted before the plan was done; what was measured until then follows")
	}
	if failure := figures.Clean(run.Failure); failure != "" {
		p.field("failed", failure)
	}
}

// phases writes a table and the figures of each phase, all tables aligned.
func (p *printer) phases(r *figures.Report) {
	tables := make([]table, len(r.Phases))
	for i, phase := range r.Phases {
		tables[i] = claims(phase)
	}
	if len(tables) == 0 {
		return
	}
	l := fit(p.width, tables...)
	for i, phase := range r.Phases {
		p.line(plain, "")
		p.line(bold, phase.Head())
		if phase.Search == nil || len(phase.Results) > 0 {
			if len(tables[i].rows) > 0 {
				tables[i].write(p, l)
			} else {
				p.line(plain, "nothing is claimed about this phase, or it was not judged")
			}
			p.figures(phase, r.Run.Host.Cores)
		}
		p.capacity(phase)
	}
}

// claims is the table of a phase.
func claims(phase figures.Phase) table {
	t := table{head: []string{"Claim", "Documented", "Measured", "Headroom", "Verdict", "Why"}}
	for _, r := range phase.Results {
		why := figures.Why(r)
		t.rows = append(t.rows, row{
			cells: []string{
				figures.Clean(r.Claim), figures.Documented(r), figures.Measured(r), figures.Headroom(r),
				r.Verdict.String(), strings.Join(why, "; "),
			},
			obvious: r.Verdict == judge.Verified && len(why) == 1,
			paint:   []style{plain, plain, plain, plain, styles[r.Verdict], plain},
		})
	}
	return t
}

// figures writes what the phase's runs yielded, pooled over those that count, or over all where none does.
func (p *printer) figures(phase figures.Phase, cores int) {
	if len(phase.Runs) == 0 {
		p.field("load", "no run was started")
		return
	}
	runs := fmt.Sprintf("%d of %s count", phase.Counted(), figures.Plural(len(phase.Runs), "run"))
	pool, excluded := phase.Shown()
	if pool == nil {
		p.field("load", fmt.Sprintf("offered %s req/s; %s: no figures", figures.Number(phase.Mean()), runs))
		return
	}
	if excluded {
		p.field("excluded", "no run counts; the figures that follow are those of the excluded runs")
		if next := phase.Next(); next != "" {
			p.field("next", next)
		}
		p.field("bottleneck", phase.BottleneckLine(cores))
	}
	failed := pool.Window.Failed + pool.Window.Unsent
	p.field("load", fmt.Sprintf("offered %s req/s, achieved %s; errors %s (%s of %s); %s",
		figures.Number(phase.Mean()), figures.In("req/s")(pool.Figure(suite.OfGoodput)),
		figures.In("%")(pool.Figure(suite.OfErrors)), figures.Count(failed), figures.Count(pool.Window.Offered), runs))
	var response []string
	for _, m := range suite.Brief() {
		response = append(response, m.Label()+" "+figures.In(string(m.Unit))(pool.Metric(m.Name)))
	}
	p.field("response", strings.Join(response, ", "))
	ms, cpu := figures.In("ms"), figures.In("µs/request")
	p.field("generator", fmt.Sprintf("schedule lag p50 %s, p99 %s; CPU %s",
		ms(pool.ScheduleLag(0.5)), ms(pool.ScheduleLag(0.99)), cpu(pool.GeneratorCPU())))
	cluster := "CPU " + cpu(pool.ClusterCPU())
	if len(phase.Providers) > 0 {
		cluster += "; stores CPU " + cpu(pool.StoresCPU())
	}
	p.field("cluster", cluster)
	if line := flame.Line(phase); line != "" {
		p.field("profile", line)
	}
	p.fields("stores", phase.StoreLines())
	for _, r := range phase.Runs {
		if len(r.Disturbed) > 0 { // one run as an example, all are in the archive
			p.field(string(phase.Disturb),
				fmt.Sprintf("run %d: %s", r.Number, figures.Clean(strings.Join(r.Disturbed, "; "))))
			break
		}
	}
	p.errors(pool)
}

// errors writes the first kinds of errors.
func (p *printer) errors(pool *figures.Pool) {
	for i, e := range pool.Window.Errors {
		if i == 3 {
			p.field("error", fmt.Sprintf("and %d other kinds", len(pool.Window.Errors)-i))
			break
		}
		p.field("error", fmt.Sprintf("%s × %s: %s",
			figures.Count(e.Count), figures.Clean(e.Endpoint), figures.Shorten(figures.Clean(e.Message), 160)))
	}
}

// capacity writes what the search for a phase's capacity found.
func (p *printer) capacity(phase figures.Phase) {
	if line := phase.WarmupLine(); line != "" {
		p.field("warm-up", line)
	}
	p.fields("capacity", phase.CapacityLines())
}

// list writes a heading and at most so many items; nothing where there are none.
func (p *printer) list(heading string, items []string, most int) {
	if len(items) == 0 {
		return
	}
	p.line(plain, "")
	p.line(bold, heading)
	for _, item := range items[:min(most, len(items))] {
		p.item(item)
	}
	if more := len(items) - most; more > 0 {
		p.item(fmt.Sprintf("and %d more", more))
	}
}

func excluded(r *figures.Report) []string {
	var lines []string
	for _, u := range r.Excluded() {
		lines = append(lines, fmt.Sprintf("%s, run %d: %s", u.Phase, u.Run, strings.Join(u.Reasons, "; ")))
	}
	return lines
}

func (p *printer) conclusion(r *figures.Report) {
	p.line(plain, "")
	verdict := figures.Judged(r.Run.Verdict)
	for i, text := range wrap("Verdict: "+verdict+"; "+r.Conclusion(), p.width) {
		if i == 0 { // the verdict stands at its start
			rest := strings.TrimPrefix(text, "Verdict: "+verdict)
			p.printf("%s%s%s\n", p.paint(bold, "Verdict: "), p.paint(styles[r.Run.Verdict], verdict), rest)
			continue
		}
		p.line(plain, text)
	}
	p.line(plain, fmt.Sprintf("Exit status %d: %s", r.Run.ExitStatus, r.ExitMeaning()))
}

// styles are how verdicts are written, the others plain; their names always stand there too.
var styles = map[judge.Verdict]style{
	judge.Verified: green, judge.Refuted: red, judge.Invalid: magenta, judge.Inconclusive: yellow,
}
