package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// row is a claim in the table.
type row struct {
	figures.Claim
	Anchor string // of the chart that shows it
	Bar    *bar   // of its headroom; nil when it has none
}

// kinds are the charts that show a figure, by the end of their name. The throughput shows whatever else there is.
var kinds = map[suite.Figure]string{
	suite.OfResponse: "percentiles", suite.OfMemory: "usage", suite.OfAllMemory: "usage", suite.OfOwnMemory: "usage",
	suite.OfProcessors: "usage", suite.OfWork: "usage",
}

// rows are the claims in the order of the table.
func rows(r *figures.Report, charts []chart.Chart) []row {
	var all []row
	for _, c := range r.Claims() {
		one := row{Claim: c, Anchor: fmt.Sprintf("phase-%d", c.Phase)}
		m, _ := suite.MetricByName(c.Metric)
		name := fmt.Sprintf("phase-%d-%s", c.Phase, cmp.Or(kinds[m.Figure], "throughput"))
		if slices.ContainsFunc(charts, func(c chart.Chart) bool { return c.Name == name }) {
			one.Anchor = image{Name: name}.ID()
		}
		if figures.HasHeadroom(c.Result) {
			one.Bar = barOf(c.Result.Headroom, c.HeadroomLow, c.HeadroomHigh)
		}
		all = append(all, one)
	}
	return all
}

// Place is where the document says so, or why it is claimed all the same.
func (r row) Place() string {
	if r.Derived != "" {
		return "derived: " + r.Derived
	}
	return r.Source
}

// Headroom is how far the claim lies on the good side.
func (r row) Headroom() string { return cmp.Or(figures.Headroom(r.Result), "none") }

// Why is the first reason for the verdict.
func (r row) Why() string {
	if all := figures.Why(r.Result); len(all) > 0 {
		return all[0]
	}
	return ""
}

// More are the other reasons.
func (r row) More() []string {
	if all := figures.Why(r.Result); len(all) > 1 {
		return all[1:]
	}
	return nil
}

// bar is a headroom drawn from the bound in the middle, to the right on the good side. Lengths are of the drawing.
type bar struct {
	Class         string // "good" or "bad"
	X, Width      string
	Low, Interval string // where its interval begins, and its width; "" when it has none
}

const (
	barMiddle   = 49.0
	barDoubling = 16.0 // width of a factor of two
	barMost     = 3    // doublings to either side
)

// barOf draws a headroom with its interval, of which the ends are 0 when it has none.
func barOf(headroom, low, high float64) *bar {
	at := func(v float64) float64 {
		doublings := math.Log2(v)
		if math.IsNaN(doublings) {
			doublings = -barMost
		}
		return barMiddle + barDoubling*max(-barMost, min(barMost, doublings))
	}
	x := at(headroom)
	b := &bar{Class: "good", X: length(barMiddle), Width: length(max(1, x-barMiddle))}
	if x < barMiddle {
		b.Class, b.X, b.Width = "bad", length(x), length(barMiddle-x)
	}
	if low > 0 && high > low {
		b.Low, b.Interval = length(at(low)), length(at(high)-at(low))
	}
	return b
}

// length writes a length of a drawing.
func length(v float64) string { return fmt.Sprintf("%.1f", v) }

// limit is what limits a phase, in the table.
type limit struct {
	Number      int
	Label, Line string
	Cores       []string // of each role that has a column
	Busy        string   // of the host's cores
	Parts       []part
}

// part is a role in a bar.
type part struct{ Class, X, Width string }

// Role is a role as the page shows it; the last stands for whatever else ran on the host.
type Role struct {
	role        measure.Role
	Name, Class string
}

// Roles are the roles that take processors, in the order of the columns.
func (content) Roles() []Role {
	return []Role{
		{measure.RoleWorker, "workers", "workers"}, {measure.RolePrimary, "primary", "primary"},
		{measure.RoleStore, "stores", "stores"}, {measure.RoleGenerator, "generator", "generator"},
		{"", "others", "others"},
	}
}

// barCores is how wide the host's cores are drawn.
const barCores = 160.0

// limits are what limits each phase.
func limits(r *figures.Report) []limit {
	var all []limit
	for _, l := range r.Limits() {
		one := limit{Number: l.Phase.Number, Label: l.Phase.Label(), Line: l.Line, Busy: "not measured"}
		at := 0.0
		for _, role := range (content{}).Roles() {
			if role.role == "" {
				continue
			}
			cores, known := l.Roles[role.role]
			text := "–"
			if known {
				text = figures.Number(cores)
			}
			one.Cores = append(one.Cores, text)
			if known && l.Cores > 0 {
				width := min(barCores*cores/float64(l.Cores), barCores-at)
				one.Parts = append(one.Parts, part{role.Class, length(at), length(width)})
				at += width
			}
		}
		if l.Known && l.Cores > 0 {
			if others := l.Others(); others > 0 {
				one.Parts = append(one.Parts, part{"others", length(at),
					length(min(barCores*others/float64(l.Cores), barCores-at))})
			}
			one.Busy = fmt.Sprintf("%s %% of %s busy", figures.Number(100*l.Busy/float64(l.Cores)),
				figures.Plural(l.Cores, "core"))
			if others := l.Others(); others >= 0.1*float64(l.Cores) {
				one.Busy += fmt.Sprintf(", %s by others", figures.Number(others))
			}
		}
		all = append(all, one)
	}
	return all
}
