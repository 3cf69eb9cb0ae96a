// Package markdown writes a report for the summary of a CI step.
package markdown

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

const (
	// Limit is the size that a report stays below, in bytes: what GitHub shows of a step.
	Limit = 1 << 20
	// CommentLimit is the most that a comment on GitHub may have, in characters; a report below it in bytes is below
	// it in characters.
	CommentLimit = 65536
	// limitWell is the size of a report of a run in which all is well, in bytes.
	limitWell = 1500
	// rowsWell is how many rows the table of claims has at most, its head included, when all is well.
	rowsWell = 12
	// most is how many claims, runs, notes or errors are listed.
	most = 50
	// longest is how many characters of a foreign text are shown, and longestName how many of a name.
	longest, longestName = 400, 60
)

// Write writes the report.
func Write(w io.Writer, r *figures.Report) error {
	if _, err := io.WriteString(w, Text(r, Limit)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Text is the report in less than so many bytes, 4096 at least. What decides comes first; the rest is folded. Where
// all is well it is short.
func Text(r *figures.Report, limit int) string {
	d := &doc{limit: limit - 1}
	if well(r) {
		d.limit = limitWell
	}
	heading(d, r)
	claims(d, r)
	next, excluded := steps(r), []string(nil)
	for _, p := range r.Phases {
		if todo := p.Next(); todo != "" {
			next = append(next, text(p.Title()+": "+todo+"; "+p.BottleneckLine(r.Run.Host.Cores)))
		}
	}
	for _, u := range r.Excluded() {
		excluded = append(excluded, fmt.Sprintf("%s, run %d: %s", u.Phase, u.Run, text(strings.Join(u.Reasons, "; "))))
	}
	d.section("What to do next", next)
	capacities(d, r)
	d.folded("Errors", failures(r))
	d.folded("Excluded runs", excluded)
	d.folded("Notes", texts(r.Notes()))
	if well(r) {
		d.left = append(d.left, "phases")
	} else {
		phases(d, r)
	}
	return d.String()
}

// well reports whether there is nothing to look into: all that was judged holds.
func well(r *figures.Report) bool {
	return r.Run.ExitStatus == exitcode.Verified && len(r.Run.Results) > 0
}

func heading(d *doc, r *figures.Report) {
	title := figures.Shorten(figures.Clean(r.Title()), longestName)
	d.add(fmt.Sprintf("## %s %s: %s\n\n", sign(r.Run.Verdict), text(title), figures.Judged(r.Run.Verdict)))
	d.add(figures.Capital(r.Conclusion()) + ".")
	if !well(r) {
		d.add(fmt.Sprintf(" Exit status %d: %s.", r.Run.ExitStatus, r.ExitMeaning()))
	}
	d.add("\n\n")
	if r.Run.Interrupted {
		d.add("**Interrupted** before the plan was done.\n\n")
	}
	if failure := text(r.Run.Failure); failure != "" {
		d.add(fmt.Sprintf("**Failed:** %s\n\n", failure))
	}
	name := func(s string) string { return text(figures.Shorten(figures.Clean(s), longestName)) }
	if well(r) {
		d.must("the run", fmt.Sprintf("Run %s; %s; stores: %s.\n\n", name(r.Run.ID),
			figures.Plural(r.Run.Host.Cores, "core"), name(r.Stores())))
		return
	}
	d.must("the run", fmt.Sprintf("Run %s of %s on %s; stores: %s; %s; seed %d.\n\n", name(r.Run.ID),
		r.Run.Started.UTC().Format("2006-01-02 15:04 UTC"),
		text(r.Host()), text(r.Stores()), text(r.Build()), r.Run.Options.Seed))
}

// steps are what to do about the claims that are not verified, each step once.
func steps(r *figures.Report) []string {
	var order []string
	of := map[string][]string{}
	for _, c := range r.Claims() {
		todo := figures.Clean(c.Next.Text)
		if todo == "" {
			continue
		}
		if of[todo] == nil {
			order = append(order, todo)
		}
		of[todo] = append(of[todo], figures.Clean(c.Claim))
	}
	var lines []string
	for _, todo := range order {
		lines = append(lines, text(figures.Shorten(strings.Join(of[todo], ", "), 3*longestName)+": "+todo))
	}
	return lines
}

// claims adds the table of the claims that decide, and, folded, the other ones.
func claims(d *doc, r *figures.Report) {
	all := r.Claims()
	if len(all) == 0 {
		return
	}
	d.add(row("Claim", "Documented", "Measured", "Headroom", "Verdict") + "|---|---:|---:|---:|---|\n")
	shown := 0
	for shown < len(all) && shown < most && (shown < rowsWell-2 || !well(r) && all[shown].Verdict != judge.Verified) {
		if !d.add(claim(all[shown].Result, well(r))) {
			break
		}
		shown++
	}
	d.add("\n")
	if shown == len(all) {
		return
	}
	var rest []string
	verified := true
	for _, result := range all[shown:] {
		name := text(figures.Shorten(figures.Clean(result.Claim), longestName))
		rest = append(rest, name+" "+figures.Measured(result.Result))
		verified = verified && result.Verdict == judge.Verified
	}
	summary := figures.Plural(len(rest), "more claim")
	if verified {
		summary += ", verified"
	}
	const mostRest = 500
	if len(rest) > mostRest {
		rest = append(rest[:mostRest:mostRest], fmt.Sprintf("and %d more", len(rest)-mostRest))
	}
	d.fold(summary, summary, strings.Join(rest, " · "))
}

// claim is the row of a claim; a short one does not say how its verdict came about.
func claim(result judge.Result, short bool) string {
	why := figures.Why(result)
	if len(why) > 0 && !short {
		why[0] = ": " + text(strings.Join(why, "; "))
	} else {
		why = []string{""}
	}
	return row(text(figures.Shorten(figures.Clean(result.Claim), longestName)), figures.Documented(result),
		figures.Measured(result), figures.Headroom(result), sign(result.Verdict)+" "+result.Verdict.String()+why[0])
}

// phases adds what was measured of each phase, folded.
func phases(d *doc, r *figures.Report) {
	heading := []string{"Phase", "Offered", "Achieved"}
	for _, m := range suite.Brief() {
		heading = append(heading, m.Label())
	}
	heading = append(heading, "Errors", "Schedule lag p50 / p99", "CPU per request: cluster / stores / generator",
		"Runs that count")
	table := row(heading...) + "|---|" + strings.Repeat("---:|", len(heading)-1) + "\n"
	for i, p := range r.Phases {
		if i == most {
			break
		}
		table += phase(p)
	}
	if len(r.Phases) > most {
		table += fmt.Sprintf("\nand %d more\n", len(r.Phases)-most)
	}
	if len(r.Phases) > 0 {
		d.fold("Phases", fmt.Sprintf("Phases (%d)", len(r.Phases)), table)
	}
}

// phase is the row of a phase.
func phase(p figures.Phase) string {
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
	return row(append(cells, figures.In("%")(pool.Figure(suite.OfErrors)),
		number(pool.ScheduleLag(0.5))+" / "+number(pool.ScheduleLag(0.99))+" ms",
		number(pool.ClusterCPU())+" / "+number(pool.StoresCPU())+" / "+number(pool.GeneratorCPU())+" µs",
		counted)...)
}

func capacities(d *doc, r *figures.Report) {
	var lines []string
	for _, p := range r.Phases {
		if found := p.CapacityLines(); len(found) > 0 {
			lines = append(lines, text(p.Title()+": "+strings.Join(found, "; ")))
		}
	}
	d.section("Capacity", lines)
	d.section("Scaling, by the Universal Scalability Law", texts(r.ScalingLines()))
}

// failures are the kinds of errors of all phases.
func failures(r *figures.Report) []string {
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
	return lines
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
// backslashes they hold everywhere, also in tables. GitHub looks for mentions (@name) and
// references (#1, GH-1) in what it has rendered: an invisible space parts them.
func text(s string) string {
	var b strings.Builder
	for _, r := range figures.Shorten(figures.Clean(s), longest) {
		switch {
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;&#8203;", r)
		case strings.ContainsRune(special, r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return unlinked.Replace(b.String())
}

// unlinked are texts that would become links.
var unlinked = strings.NewReplacer("://", "&#58;//", "www.", "www&#46;", "WWW.", "WWW&#46;", "GH-", "GH&#8203;-",
	"gh-", "gh&#8203;-")

// texts escapes each of some foreign texts.
func texts(all []string) []string {
	var escaped []string
	for _, s := range all {
		escaped = append(escaped, text(s))
	}
	return escaped
}
