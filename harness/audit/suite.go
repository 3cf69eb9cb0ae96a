package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// FromSuite derives what a suite claims: its phases and benchmarks as configurations, and
// its advice. Behaviour is counted, and no law binds it.
func FromSuite(s *suite.Suite) Input {
	in := Input{Connections: s.Plan.Connections}
	for _, p := range s.Phases {
		switch p.Group {
		case suite.GroupBehaviour:
		case suite.GroupBenchmarks:
			in.Configurations = append(in.Configurations, benchmark(s, p))
			if w, ok := s.Workload(p.Workload); ok && w.CPU > 0 {
				in.Work = w.CPU
			}
		default:
			in.Configurations = append(in.Configurations, phase(s, p))
		}
	}
	for _, a := range s.Advice {
		in.Advice = append(in.Advice, Advice(a))
	}
	return in
}

// benchmark is one row of a benchmark table as a configuration. Its figures were seen
// together: the rates at the share of the processors, within the memory.
func benchmark(s *suite.Suite, p suite.Phase) Configuration {
	c := Configuration{
		ID: row(s, p), Source: p.Source, Group: string(p.Group), Workers: p.Workers, Cores: p.Workers, Work: work(p),
		Stores: p.Stores,
		Memory: Memory{Total: p.Memory * suite.Size(p.Workers)},
	}
	for _, claim := range s.ClaimsOf(p.Number) {
		switch v := claim.Value.Value; {
		case claim.Over != 0:
		case claim.AtCPU > 0:
			c.Utilization = Exactly(float64(claim.AtCPU))
			c.Rate = Range{v, max(v, claim.To.Value)}
		case claim.Metric == suite.P99:
			c.P99 = time.Duration(v * float64(time.Millisecond))
		}
	}
	return c
}

// work tells apart what is asked, and of which system: figures of two systems obey no common law.
func work(p suite.Phase) string { return p.Workload + string(p.System) }

// row is what the document's claims call the row: what their ids have in common before a
// point, else the phase's title.
func row(s *suite.Suite, p suite.Phase) string {
	name := ""
	for _, c := range s.ClaimsOf(p.Number) {
		prefix, _, found := strings.Cut(c.ID, ".")
		if !found || name != "" && prefix != name {
			return p.Title()
		}
		name = prefix
	}
	return name
}

// phase is one phase with its claims as a configuration.
func phase(s *suite.Suite, p suite.Phase) Configuration {
	c := Configuration{
		ID: fmt.Sprintf("phase %d", p.Number), Source: p.Source, Group: string(suite.GroupPhases), Workers: p.Workers,
		Work: work(p), Stores: p.Stores, Memory: Memory{PerWorker: p.Memory, Meaning: Limit},
	}
	for _, claim := range s.ClaimsOf(p.Number) {
		v, figure := claim.Value.Value, claim.Of().Figure
		switch {
		case figure == suite.OfGoodput:
			c.Rate = Range{max(c.Rate.Low, v), max(c.Rate.High, v)}
		case claim.Metric == suite.P99:
			if bound := time.Duration(v * float64(time.Millisecond)); c.P99 == 0 || bound < c.P99 {
				c.P99 = bound
			}
		case figure == suite.OfProcessors:
			// Its metric is a share of one core for each worker, and an upper bound.
			if share := min(1, v/100); c.Cores == 0 || share < c.Utilization.High {
				c.Utilization, c.Cores = Range{0, share}, p.Workers
			}
		}
		if claim.Source != "" && !strings.Contains(c.Source, claim.Source) &&
			(figure == suite.OfGoodput || claim.Metric == suite.P99) {
			c.Source = joined(c.Source, claim.Source)
		}
	}
	if w, ok := s.Workload(p.Workload); ok && w.Kind == suite.Platform {
		c.Cacheable, c.Writes = shareOf(w, cacheable), shareOf(w, durable)
	}
	return c
}

// joined adds a source to others.
func joined(sources, next string) string {
	if sources == "" {
		return next
	}
	return sources + ", " + next
}

// What the platform workload's operations do: accounts are read through the cache and
// sessions live in it; a transfer is written durably before it is answered.
var (
	cacheable = []string{"account", "session"}
	durable   = []string{"transfer"}
)

// shareOf is the share of some operations in a workload.
func shareOf(w suite.Workload, operations []string) *suite.Share {
	var sum suite.Share
	for _, item := range w.Mix {
		if slices.Contains(operations, item.Operation) {
			sum += item.Share
		}
	}
	return &sum
}

// groups splits configurations by a key, in the order in which the keys appear.
func groups(all []Configuration, key func(Configuration) string) [][]Configuration {
	var order []string
	by := map[string][]Configuration{}
	for _, c := range all {
		k := key(c)
		if _, ok := by[k]; !ok {
			order = append(order, k)
		}
		by[k] = append(by[k], c)
	}
	split := make([][]Configuration, 0, len(order))
	for _, k := range order {
		split = append(split, by[k])
	}
	return split
}

func idsOf(all []Configuration) []string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.ID
	}
	return names
}

func ids(all []Configuration, between string) string { return strings.Join(idsOf(all), between) }

// sources are where the document describes the configurations, each place once.
func sources(all []Configuration) []string {
	places := []string{}
	for _, c := range all {
		for _, place := range strings.Split(c.Source, ", ") {
			if place != "" && !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
	}
	return places
}
