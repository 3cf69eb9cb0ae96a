package chart

import (
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// The title of a chart is what it shows of this run. Where nothing was measured, it is what the chart is of.

func foundThroughput(p figures.Phase) string {
	pool, excluded := p.Shown()
	achieved, known := pool.Figure(suite.OfGoodput)
	if !known {
		return "Throughput over time"
	}
	title := fmt.Sprintf("%s of %s req/s answered", figures.Number(achieved), figures.Number(p.Mean()))
	if excluded {
		title += " in excluded runs"
	}
	return title
}

func foundPercentiles(response []xy) string {
	v, ok := valueAt(response, nines(0.99))
	if !ok {
		return "Percentiles of the response time"
	}
	return fmt.Sprintf("99 %% answered within %s ms", figures.Number(v))
}

func foundUsage(p figures.Phase) string {
	busy, known := p.Pool.Figure(suite.OfProcessors)
	peak, also := p.Pool.Figure(suite.OfMemory)
	switch {
	case known && also:
		return fmt.Sprintf("Workers %s %% busy, the largest took %s MiB", figures.Number(busy), figures.Number(peak))
	case also:
		return fmt.Sprintf("The largest worker took %s MiB", figures.Number(peak))
	}
	return "Processor and memory of the workers"
}

func foundEndpoints(rows []endpoint) string {
	if len(rows) == 0 {
		return "Response time of each operation"
	}
	return fmt.Sprintf("Slowest operation: %s, p99 %s ms", figures.Shorten(rows[0].name, 28),
		figures.Number(rows[0].p99))
}

func foundCapacity(p figures.Phase) string {
	found := p.Search.Found
	switch {
	case !found.Known():
		return "Capacity"
	case found.AtLeast:
		return "Capacity at least " + figures.Number(found.Capacity) + " req/s"
	}
	return fmt.Sprintf("Capacity %s req/s (%s–%s)", figures.Number(found.Capacity), figures.Number(found.Low),
		figures.Number(found.High))
}

// foundOverview counts the phases of which both claims, or the one that is made, are verified.
func foundOverview(rates, times []spot) string {
	claimed, met := 0, 0
	for i := range rates {
		one, two := rates[i].verdict, times[i].verdict
		if one == 0 && two == 0 {
			continue
		}
		if claimed++; (one == judge.Verified || one == 0) && (two == judge.Verified || two == 0) {
			met++
		}
	}
	if claimed == 0 {
		return "Documented against achieved rate and p99"
	}
	return fmt.Sprintf("%d of %s verified: documented against achieved rate and p99", met,
		figures.Plural(claimed, "phase"))
}
