package chart

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// pair is one phase in two runs.
type pair struct {
	base, head figures.Phase
	footer     string
}

// Compared are the charts of two runs beside one another: the differences of the claims, and of each phase that both
// runs drove throughput, percentiles and operations, with both runs in each.
func Compared(c *compared.Comparison) []Chart {
	footer := runsFooter(c)
	charts := []Chart{forest(c, footer)}
	for _, base := range c.Base.Phases {
		for _, head := range c.Head.Phases {
			if base.Number == head.Number && base.Pool != nil && head.Pool != nil {
				p := pair{base, head, footer}
				charts = append(charts, p.throughput(), p.percentiles(), p.endpoints())
			}
		}
	}
	for i := range charts {
		charts[i].run = figures.Clean(c.Base.Run.ID) + " / " + figures.Clean(c.Head.Run.ID)
	}
	return charts
}

// runsFooter names the runs, and what both were made on where it is the same.
func runsFooter(c *compared.Comparison) string {
	run := func(name string, r *figures.Report) string {
		return keep(fmt.Sprintf("%s: run %s, %s", name, figures.Shorten(figures.Clean(r.Run.ID), 40),
			r.Run.Started.UTC().Format("2006-01-02 15:04 UTC")))
	}
	parts := []string{run("base", c.Base), run("head", c.Head), "other hosts or stores"}
	if c.Base.Host() == c.Head.Host() && c.Base.Stores() == c.Head.Stores() {
		parts[2] = fmt.Sprintf("%s, %s", figures.Shorten(figures.Clean(c.Head.Run.Host.CPUModel), 40),
			figures.Plural(c.Head.Run.Host.Cores, "core"))
	}
	return strings.Join(parts, " · ")
}

// chart is a chart of the pair: one panel of the given height. kind ends its name.
func (p pair) chart(kind, title, about string, height vg.Length, pan *panel) Chart {
	title += ", " + p.head.Label()
	return Chart{
		Name: fmt.Sprintf("compared-%d-%s", p.head.Number, kind), Phase: p.head.Number, Title: title, About: about,
		body: panels{[]*panel{pan}, height}, frame: frame{title, about, p.footer},
	}
}

// since is how a figure of the head differs from that of the base, e.g. "+12.3 %".
func since(base, head float64) string {
	switch ratio := head / base; {
	case !(base > 0) || !(head > 0):
		return figures.Unknown
	case ratio >= 3:
		return figures.Number(ratio) + "×"
	default:
		return fmt.Sprintf("%+.1f %%", 100*(ratio-1))
	}
}
