package audit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/queueing"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/usl"
)

// demand is the processor time of one request in ms that a configuration's own figures
// fix, D = U·c/X (utilization law); false when it does not state them.
func demand(c Configuration) (Range, bool) {
	if c.Cores < 1 || c.Utilization.High <= 0 || c.Rate.Low <= 0 {
		return Range{}, false
	}
	of := func(u, x float64) float64 { return 1000 * queueing.Demand(u, float64(c.Cores), x) }
	return Range{of(c.Utilization.Low, c.Rate.High), of(c.Utilization.High, c.Rate.Low)}, true
}

// references are the configurations whose figures fix the work of a request.
func references(in Input) []Configuration {
	var all []Configuration
	for _, c := range in.Configurations {
		if _, ok := demand(c); ok {
			all = append(all, c)
		}
	}
	return all
}

// demands holds the work per request against itself: where requests do the same, some
// processor time must lie within the range of every configuration.
func demands(in Input) []Relation {
	var relations []Relation
	for _, rows := range groups(references(in), func(c Configuration) string { return c.Group + "\x00" + c.Work }) {
		if len(rows) < 2 {
			continue
		}
		r := Relation{
			ID: "demand/" + ids(rows, "+"), Law: "utilization law", Between: idsOf(rows), Sources: sources(rows),
		}
		common := Range{0, math.Inf(1)}
		whole := Range{math.Inf(1), 0}
		var parts []string
		for _, c := range rows {
			d, _ := demand(c)
			common = Range{max(common.Low, d.Low), min(common.High, d.High)}
			whole = Range{min(whole.Low, d.Low), max(whole.High, d.High)}
			parts = append(parts, fmt.Sprintf("%s %s", c.ID, ms(d)))
			r.add("demand of "+c.ID, d, milliseconds)
		}
		r.add("demand", whole, milliseconds)
		r.Says = "Utilization × cores / throughput is the processor time of a request: " + list(parts) + "."
		if common.Low <= common.High*(1+1e-9) {
			r.Outcome = Consistent
			r.add("common demand", common, milliseconds)
			r.Says += fmt.Sprintf(" They agree: %s lies within all of them.", ms(common))
		} else {
			r.Outcome = Contradictory
			r.Says += " No work per request lies within all of them, though the requests do the same."
		}
		relations = append(relations, r)
	}
	return relations
}

// scalings holds the rates of one group against the numbers of workers.
func scalings(in Input) []Relation {
	var relations []Relation
	rated := slices.DeleteFunc(slices.Clone(in.Configurations), func(c Configuration) bool { return c.Rate.Low <= 0 })
	for _, rows := range groups(rated, func(c Configuration) string { return c.Group }) {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b Configuration) int { return a.Workers - b.Workers })
		if rows[0].Workers == rows[len(rows)-1].Workers {
			continue
		}
		relations = append(relations, scaling(rows))
	}
	return relations
}

// scaling is the relation between rows in the order of their workers. A system whose
// requests all do the same scales at most with its workers: σ >= 0 and κ >= 0.
func scaling(rows []Configuration) Relation {
	base := rows[0]
	r := Relation{
		ID: "scaling/" + ids(rows, "+"), Law: "Universal Scalability Law", Between: idsOf(rows), Sources: sources(rows),
		Outcome: Consistent,
	}
	sigma := Range{0, 1}
	var counts, per []string
	var points []usl.Point
	worst, worstRow := Range{1, 1}, base
	for _, c := range rows {
		counts = append(counts, fmt.Sprint(c.Workers))
		per = append(per, rate(Range{c.Rate.Low / float64(c.Workers), c.Rate.High / float64(c.Workers)}))
		points = append(points, usl.Point{N: float64(c.Workers), X: (c.Rate.Low + c.Rate.High) / 2})
		if c.Workers == base.Workers {
			continue
		}
		ratio := Range{c.Rate.Low / base.Rate.High, c.Rate.High / base.Rate.Low}
		n := float64(c.Workers) / float64(base.Workers)
		r.add(fmt.Sprintf("%s / %s", c.ID, base.ID), ratio, "")
		sigma.Low = max(sigma.Low, contention(base.Workers, c.Workers, ratio.High))
		sigma.High = min(sigma.High, contention(base.Workers, c.Workers, ratio.Low))
		if each := (Range{ratio.Low / n, ratio.High / n}); each.Low > worst.Low*(1+1e-9) {
			worst, worstRow = each, c
		}
	}
	r.Says = fmt.Sprintf("Throughput for each worker at %s workers: %s.", list(counts), list(per))
	switch {
	case worstRow.ID == base.ID && sigma.Low <= sigma.High:
		r.add("sigma", sigma, "")
		r.Says += fmt.Sprintf(" With κ = 0 that is a contention σ of %s.", span(sigma, "", two))
		r.fit(points)
	case worstRow.ID == base.ID:
		r.Says += " One contention cannot give them all; with a coherency κ > 0 the throughput may bend so."
	default:
		r.add("per worker", worst, "")
		r.Says += fmt.Sprintf(" %s has %s times the throughput per worker of %s; workers that do the same work "+
			"cannot scale beyond their number (σ, κ >= 0).",
			worstRow.ID, factor(worst), base.ID)
		r.Outcome = Contradictory
		if differ(base, worstRow) {
			r.Outcome = OnlyIf
			r.Conditions = append(r.Conditions, fmt.Sprintf(
				"a request of %s costs a worker %s times less than one of %s", worstRow.ID, factor(worst), base.ID,
			))
		}
	}
	return r
}

// fit adds the law that fits points in the middle of their ranges, if one does.
func (r *Relation) fit(points []usl.Point) {
	f, err := usl.New(points, usl.Options{Resamples: -1})
	if err != nil {
		return
	}
	r.add("fitted sigma", Exactly(f.Sigma), "")
	r.add("fitted kappa", Exactly(f.Kappa), "")
	r.Says += fmt.Sprintf(" Through the middles: σ %s, κ %s", small(f.Sigma), small(f.Kappa))
	if f.Sigma < 1e-3 && f.Kappa < 1e-5 {
		r.Says += ", which is linear scaling: nothing that the workers share slows them"
	}
	r.Says += "."
	if len(points) < usl.EnoughPoints {
		r.Conditions = append(r.Conditions,
			fmt.Sprintf("weak: %d points, %d wanted for a fit", len(points), usl.EnoughPoints))
	}
}

// contention is the σ with κ = 0 at which n2 workers have ratio times the throughput of n1:
// ratio = n2(1+σ(n1-1)) / (n1(1+σ(n2-1))), solved for σ and kept within [0,1].
func contention(n1, n2 int, ratio float64) float64 {
	a, b := float64(n1), float64(n2)
	below := ratio*a*(b-1) - b*(a-1)
	if below <= 0 {
		return 1
	}
	return min(1, max(0, (b-ratio*a)/below))
}

func small(v float64) string {
	if v < 1e-6 {
		return "0"
	}
	return two(v)
}

// differ reports whether the requests of two configurations may cost their workers
// different work: they do something else, or may use stores.
func differ(a, b Configuration) bool {
	return a.Work != b.Work ||
		!slices.Equal(slices.Sorted(slices.Values(a.Stores)), slices.Sorted(slices.Values(b.Stores)))
}

// given is what references say about a number of workers.
type given struct {
	rate        Range   // req/s
	utilization float64 // at that rate, the highest
	cores       float64
	rows        []Configuration
	how         string // how the rate follows from the rows
}

// at reads, from the references of other groups, the rate that a number of workers gives:
// that of the row with as many, or linearly between the nearest two, or in proportion to
// the nearest one.
func at(c Configuration, refs []Configuration) (given, bool) {
	refs = slices.DeleteFunc(slices.Clone(refs), func(o Configuration) bool { return o.Group == c.Group })
	if len(refs) == 0 {
		return given{}, false
	}
	slices.SortStableFunc(refs, func(a, b Configuration) int { return a.Workers - b.Workers })
	var below, above *Configuration
	for i := range refs {
		switch {
		case refs[i].Workers == c.Workers:
			r := refs[i]
			return given{r.Rate, r.Utilization.High, float64(r.Cores), []Configuration{r}, r.ID + " gives"}, true
		case refs[i].Workers < c.Workers:
			below = &refs[i]
		case above == nil:
			above = &refs[i]
		}
	}
	n := float64(c.Workers)
	if below != nil && above != nil {
		t := (n - float64(below.Workers)) / float64(above.Workers-below.Workers)
		mix := func(a, b float64) float64 { return a + t*(b-a) }
		return given{
			Range{mix(below.Rate.Low, above.Rate.Low), mix(below.Rate.High, above.Rate.High)},
			mix(below.Utilization.High, above.Utilization.High), mix(float64(below.Cores), float64(above.Cores)),
			[]Configuration{*below, *above}, fmt.Sprintf("between %s and %s lies", below.ID, above.ID),
		}, true
	}
	near := below
	if near == nil {
		near = above
	}
	t := n / float64(near.Workers)
	return given{Range{near.Rate.Low * t, near.Rate.High * t}, near.Utilization.High, float64(near.Cores) * t,
		[]Configuration{*near},
		"in proportion to " + near.ID + " there would be"}, true
}

// capacities holds each configuration without a utilization of its own against the rows that have one.
func capacities(in Input) []Relation {
	var relations []Relation
	refs := references(in)
	for _, c := range in.Configurations {
		if _, own := demand(c); own || c.Rate.Low <= 0 {
			continue
		}
		if g, ok := at(c, refs); ok {
			relations = append(relations, capacity(in, c, g))
		}
	}
	return relations
}

// capacity is the relation between what a configuration asks of its workers and what the
// document's own figures give for as many.
func capacity(in Input, c Configuration, g given) Relation {
	rows := append([]Configuration{c}, g.rows...)
	r := Relation{
		ID: "capacity/" + c.ID, Law: "utilization law", Between: idsOf(rows), Sources: sources(rows),
		Outcome: Consistent,
	}
	more := Range{c.Rate.Low / g.rate.High, c.Rate.High / g.rate.Low}
	r.add("rate asked", c.Rate, perSecond)
	r.add("rate given", g.rate, perSecond)
	r.add("factor", more, "")
	r.Says = fmt.Sprintf("%s asks %s of %s; %s %s.", c.ID, rate(c.Rate), workers(c.Workers), g.how, rate(g.rate))
	if c.Rate.High <= g.rate.High*(1+1e-9) || more.Low <= 1+1e-9 {
		r.Says += " That agrees."
		return r
	}
	allowed := 1000 * queueing.Demand(g.utilization, g.cores, c.Rate.High)
	cost := Range{allowed * more.Low, allowed * more.High} // U·c/X of the rows
	busy := Range{queueing.Busy(c.Rate.Low, cost.Low/1000), queueing.Busy(c.Rate.High, cost.High/1000)}
	r.add("demand allowed", Exactly(allowed), milliseconds)
	r.add("busy cores", busy, cores)
	r.Says += fmt.Sprintf(" That is a factor of %s. At the %s per request of these rows it takes %s.", factor(more),
		ms(cost), span(busy, "busy cores", digits))
	hits := Range{1 - 1/more.Low, 1 - 1/more.High}
	if in.Work > 0 {
		work := float64(in.Work) / 1e6
		r.work(c, work, allowed)
	}
	r.add("cache hits", hits, "share")
	r.Outcome = OnlyIf
	if !slices.ContainsFunc(g.rows, func(row Configuration) bool { return differ(c, row) }) {
		r.Outcome = Contradictory
		r.Says += " Nothing in the document tells its requests apart from those of these rows."
		return r
	}
	r.Conditions = append(r.Conditions, fmt.Sprintf("the work per request is at most %s, at %s of %s cores",
		ms(Exactly(allowed)), percents(Exactly(g.utilization)), digits(g.cores)))
	if has(c.Stores, suite.Redis) {
		r.Conditions = append(r.Conditions, cached(c, hits, in.Work, allowed))
	}
	clusters := Range{math.Ceil(more.Low - 1e-9), math.Ceil(more.High - 1e-9)}
	r.add("clusters", clusters, "")
	r.Conditions = append(r.Conditions,
		fmt.Sprintf("%s such clusters, or regions, share the load", span(clusters, "", digits)))
	return r
}

// work adds what follows from a known work per request in ms.
func (r *Relation) work(c Configuration, work, allowed float64) {
	busy := queueing.Busy(c.Rate.Low, work/1000)
	r.add("busy cores at the known work", Exactly(busy), cores)
	r.Says += fmt.Sprintf(" At %s per request it takes %s busy cores.", ms(Exactly(work)), digits(busy))
	if work > allowed {
		r.add("cache hits at the known work", Exactly(1-allowed/work), "share")
	}
	if c.P99 > 0 {
		if most, err := queueing.MaxRate(c.Workers, work/1000, 0.99, c.P99.Seconds()); err == nil {
			r.add("M/M/c rate within the p99", Exactly(most), perSecond)
			r.Says += fmt.Sprintf(" An M/M/%d queue keeps p99 within %s up to %s.", c.Workers,
				ms(Exactly(c.P99.Seconds()*1000)), rate(Exactly(most)))
		}
	}
}

// cached is the condition on a cache whose hits cost a worker nothing.
func cached(c Configuration, hits Range, known time.Duration, allowed float64) string {
	text := fmt.Sprintf("a cache answers %s of the requests, hits costing nothing", percents(hits))
	if work := known.Seconds() * 1000; work > allowed {
		k := math.Ceil(work/allowed - 1e-9)
		text += fmt.Sprintf(" (at %s per request: %s, or %.0f of %.0f)", ms(Exactly(work)),
			percents(Exactly(1-allowed/work)), k-1, k)
	}
	if c.Cacheable != nil {
		has := float64(*c.Cacheable)
		text += fmt.Sprintf("; in its workload %s can be", percents(Exactly(has)))
		if has < hits.Low {
			text += ", which is too few"
		}
	}
	return text
}
