// Package markdown writes a report for the summary of a CI step.
package markdown

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

const (
	// Limit is the size that a report stays below, in bytes: what GitHub shows of a step.
	Limit = 1 << 20
	// most is how many runs, notes or errors of a phase are listed.
	most = 50
	// longest is how many characters of a foreign text are shown.
	longest = 400
)

// Write writes the report.
func Write(w io.Writer, r *figures.Report) error {
	var b bytes.Buffer
	heading(&b, r)
	claims(&b, r)
	phases(&b, r)
	capacities(&b, r)
	failures(&b, r)
	var lines []string
	for _, u := range r.Excluded() {
		lines = append(lines, fmt.Sprintf("%s, run %d: %s", u.Phase, u.Run, text(strings.Join(u.Reasons, "; "))))
	}
	section(&b, "Excluded runs", lines)
	lines = nil
	for _, p := range r.Phases {
		if next := p.Next(); next != "" {
			lines = append(lines, text(p.Title()+": "+next+"; "+p.BottleneckLine(r.Run.Host.Cores)))
		}
	}
	section(&b, "What to do next", lines)
	section(&b, "Notes", texts(r.Notes()))
	if _, err := w.Write(within(b.Bytes())); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func heading(b *bytes.Buffer, r *figures.Report) {
	fmt.Fprintf(b, "## %s %s: %s\n\n", sign(r.Run.Verdict), text(r.Title()), figures.Judged(r.Run.Verdict))
	fmt.Fprintf(b, "%s. Exit status %d: %s.\n\n", figures.Capital(r.Conclusion()), r.Run.ExitStatus, r.ExitMeaning())
	if r.Run.Interrupted {
		b.WriteString("**Interrupted** before the plan was done.\n\n")
	}
	if failure := text(r.Run.Failure); failure != "" {
		fmt.Fprintf(b, "**Failed:** %s\n\n", failure)
	}
	fmt.Fprintf(b, "Run %s of %s on %s; stores: %s; %s; seed %d.\n\n", text(r.Run.ID),
		r.Run.Started.UTC().Format("2006-01-02 15:04 UTC"),
		text(r.Host()), text(r.Stores()), text(r.Build()), r.Run.Options.Seed)
}

func claims(b *bytes.Buffer, r *figures.Report) {
	b.WriteString("| Claim | Documented | Measured | Headroom | Verdict | Why |\n|---|---:|---:|---:|---|---|\n")
	for _, result := range r.Run.Results {
		row(b, text(result.Claim), figures.Documented(result), figures.Measured(result), figures.Headroom(result),
			sign(result.Verdict)+" "+result.Verdict.String(), text(strings.Join(figures.Why(result), "; ")))
	}
	b.WriteString("\n")
}

func phases(b *bytes.Buffer, r *figures.Report) {
	heading := []string{"Phase", "Offered", "Achieved"}
	for _, m := range suite.Brief() {
		heading = append(heading, m.Label())
	}
	heading = append(heading, "Errors", "Schedule lag p50 / p99", "CPU per request: cluster / stores / generator",
		"Runs that count")
	row(b, heading...)
	b.WriteString("|---|" + strings.Repeat("---:|", len(heading)-1) + "\n")
	for _, p := range r.Phases {
		pool, excluded := p.Shown()
		counted := fmt.Sprintf("%d of %d", p.Counted(), len(p.Runs))
		if excluded {
			counted += ": figures of the excluded"
		}
		number := func(v float64, ok bool) string {
			if !ok {
				return figures.Unknown
			}
			return figures.Number(v)
		}
		cells := []string{
			text(p.Label()), figures.Number(p.Mean()) + " req/s", figures.In("req/s")(pool.Figure(suite.OfGoodput)),
		}
		for _, m := range suite.Brief() {
			cells = append(cells, figures.In(string(m.Unit))(pool.Metric(m.Name)))
		}
		row(b, append(cells, figures.In("%")(pool.Figure(suite.OfErrors)),
			number(pool.ScheduleLag(0.5))+" / "+number(pool.ScheduleLag(0.99))+" ms",
			number(pool.ClusterCPU())+" / "+number(pool.StoresCPU())+" / "+number(pool.GeneratorCPU())+" µs",
			counted)...)
	}
	b.WriteString("\n")
}

func capacities(b *bytes.Buffer, r *figures.Report) {
	var lines []string
	for _, p := range r.Phases {
		if found := p.CapacityLines(); len(found) > 0 {
			lines = append(lines, text(p.Title()+": "+strings.Join(found, "; ")))
		}
	}
	section(b, "Capacity", lines)
	section(b, "Scaling, by the Universal Scalability Law", texts(r.ScalingLines()))
}

func failures(b *bytes.Buffer, r *figures.Report) {
	var lines []string
	for _, p := range r.Phases {
		if p.Pool == nil {
			continue
		}
		for _, e := range p.Pool.Window.Errors {
			lines = append(lines,
				fmt.Sprintf("%s: %s × %s: %s", p.Title(), figures.Count(e.Count), text(e.Endpoint), text(e.Message)))
		}
	}
	section(b, "Errors", lines)
}

func section(b *bytes.Buffer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "### %s\n\n", title)
	for i, l := range lines {
		if i == most {
			fmt.Fprintf(b, "- and %d more\n", len(lines)-i)
			break
		}
		fmt.Fprintf(b, "- %s\n", l)
	}
	b.WriteString("\n")
}

func row(b *bytes.Buffer, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// sign is a verdict's sign; its name always stands beside it.
func sign(v judge.Verdict) string { return cmp.Or(signs[v], "❔") }

var signs = map[judge.Verdict]string{
	judge.Verified: "✅", judge.Refuted: "❌", judge.Invalid: "🚫", judge.Untestable: "➖",
}

// special are the characters that Markdown or HTML could take for markup, or GitHub for
// a mention or a reference.
const special = "\\`*_{}[]<>#!|~&@$"

// text escapes a foreign text. Numeric references stand for special characters: unlike
// backslashes they hold everywhere, also in tables.
func text(s string) string {
	var b strings.Builder
	for _, r := range figures.Shorten(figures.Clean(s), longest) {
		if strings.ContainsRune(special, r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	// A bare address would become a link.
	return strings.NewReplacer("://", "&#58;//", "www.", "www&#46;").Replace(b.String())
}

// texts escapes each of some foreign texts.
func texts(all []string) []string {
	var escaped []string
	for _, s := range all {
		escaped = append(escaped, text(s))
	}
	return escaped
}

// within cuts a report that is too long at the end of a line.
func within(b []byte) []byte {
	const end = "\nThe rest is left out; the archive has it.\n"
	if len(b) < Limit {
		return b
	}
	cut := b[:Limit-len(end)-1]
	return append(cut[:bytes.LastIndexByte(cut, '\n')+1], end...)
}
