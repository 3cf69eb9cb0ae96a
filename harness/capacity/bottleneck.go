package capacity

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// Resource is something that a system can run out of.
type Resource string

// The resources that are told apart. Processor time is a share of what the resource can have.
const (
	Workers   Resource = "worker processor" // of one core for each worker
	Stores    Resource = "store"            // of the host's cores
	Generator Resource = "generator"        // of the host's cores
	Host      Resource = "host"             // of the host's cores
)

// SaturatedFrom is the utilization from which on a resource counts as saturated. Waiting
// grows with 1/(1-U): at 0.85 it is already some six times the service at one server.
const SaturatedFrom = 0.85

// Load is what one run used of each resource.
type Load struct {
	Rate float64              // throughput in 1/s that it was used for
	Busy map[Resource]float64 // shares in the range [0,1]; a resource that was not measured is not in it
}

// LoadOf reads a run's usage: its good answers, and the processor time of each role as a
// share of what it can have. Workers count as one core each, others share the host's cores.
func LoadOf(w *measure.Window, u *measure.Usage, workers, cores int) Load {
	l := Load{Busy: map[Resource]float64{}}
	if w == nil || u == nil || w.Length() <= 0 {
		return l
	}
	l.Rate = w.Goodput()
	for role, has := range map[measure.Role]struct {
		resource Resource
		cores    int
	}{
		measure.RoleWorker: {Workers, workers}, measure.RoleStore: {Stores, cores},
		measure.RoleGenerator: {Generator, cores}, measure.RoleHost: {Host, cores},
	} {
		if seconds, ok := u.CPUOf(role); ok && has.cores > 0 {
			l.Busy[has.resource] = seconds / (float64(has.cores) * w.Length())
		}
	}
	return l
}

// Limit is how far one resource carries.
type Limit struct {
	Resource  Resource
	Rate      float64 // req/s at which it would be fully busy, by the utilization law; above 0
	Busy      float64 // its share at the capacity, in the range [0,1]
	Saturated bool    // Busy is at least [SaturatedFrom]
}

// Limits are the resources in the order in which they run out, first the bottleneck: the
// one with the lowest rate at which it would be fully busy. By the utilization law U = X·D each is
// busy in proportion to the throughput; D is fitted by least squares through the origin over the
// loads of runs that met their bounds. capacity is in req/s. Source: Lazowska et al.,
// Quantitative System Performance, section 5.2 (asymptotic bounds).
func Limits(loads []Load, capacity float64) []Limit {
	limits := []Limit{}
	for _, resource := range []Resource{Workers, Stores, Generator, Host} {
		var ux, xx float64
		for _, l := range loads {
			if u, ok := l.Busy[resource]; ok && l.Rate > 0 {
				ux += u * l.Rate
				xx += l.Rate * l.Rate
			}
		}
		if ux <= 0 {
			continue // not measured, or not used
		}
		demand := ux / xx
		busy := min(1, demand*capacity)
		limits = append(limits, Limit{resource, 1 / demand, busy, busy >= SaturatedFrom})
	}
	slices.SortStableFunc(limits, func(a, b Limit) int { return cmp.Compare(a.Rate, b.Rate) })
	return limits
}

// Bottleneck says in one sentence what gave out first.
func Bottleneck(limits []Limit) string {
	switch {
	case len(limits) == 0:
		return "what gave out first is not known: no usage was measured"
	case !limits[0].Saturated:
		return fmt.Sprintf("nothing that was measured was fully used: the busiest, %s, was %.0f %% busy; "+
			"requests may wait for locks, connections or the disk", limits[0].Resource, 100*limits[0].Busy)
	}
	return fmt.Sprintf("%s saturated first: %.0f %% busy at the capacity, fully at %.0f req/s", limits[0].Resource,
		100*limits[0].Busy, limits[0].Rate)
}
