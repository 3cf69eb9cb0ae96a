package figures

import (
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/capacity"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Limits say what limits a phase: how many processors each role took, and which resource runs out first.
type Limits struct {
	Phase Phase
	// Roles are the processors that each role took over the measurement windows, in cores: the median over the runs.
	Roles map[measure.Role]float64
	Busy  float64 // processors of the host that were busy, in cores; the median over the runs
	Known bool    // Busy is known
	Cores int     // that the run could use; 0 when it is not known
	// Line is one sentence: what runs out first, and at which rate.
	Line string
}

// Limits are those of every phase of which a run was measured.
func (r *Report) Limits() []Limits {
	var all []Limits
	for _, p := range r.Phases {
		runs := p.evidence()
		if len(runs) == 0 {
			continue
		}
		l := Limits{Phase: p, Roles: map[measure.Role]float64{}, Cores: r.Run.Host.Cores}
		for _, s := range judge.Shares(runs) {
			l.Roles[s.Role] = s.Cores
		}
		host := judge.Host{Cores: r.Run.Host.Cores, Online: r.Run.Host.OnlineCores}
		var busy []float64
		for _, e := range runs {
			if v, ok := judge.Busy(host, e); ok {
				busy = append(busy, v)
			}
		}
		l.Busy, l.Known = stats.Median(busy), len(busy) > 0
		l.Line = p.limit(l.Cores)
		all = append(all, l)
	}
	return all
}

// Others are the cores that were busy with something else than the run; 0 where that is not known.
func (l Limits) Others() float64 {
	if !l.Known {
		return 0
	}
	rest := l.Busy
	for _, cores := range l.Roles {
		rest -= cores
	}
	return max(0, rest)
}

// evidence are the runs that count, or all where none does, that have a measurement window.
func (p Phase) evidence() []judge.Evidence {
	var runs []judge.Evidence
	for _, r := range p.Runs {
		if r.Window != nil && (r.Counts() || p.Excluded != nil) {
			runs = append(runs, judge.Evidence{Run: r.Number, Workers: p.Workers, Window: r.Window, Usage: r.Usage})
		}
	}
	return runs
}

// resources are the resources as a sentence names them.
var resources = map[capacity.Resource]string{
	capacity.Workers: "the workers' processors", capacity.Stores: "the stores",
	capacity.Generator: "the load generator", capacity.Host: "the processors of the host",
}

// limit says what runs out first in a phase, and at which rate.
func (p Phase) limit(cores int) string {
	if found := p.found(); found != "" {
		return found
	}
	var loads []capacity.Load
	for _, e := range p.evidence() {
		loads = append(loads, capacity.LoadOf(e.Window, e.Usage, p.Workers, cores))
	}
	pool, _ := p.Shown()
	achieved, _ := pool.Figure(suite.OfGoodput)
	limits := capacity.Limits(loads, achieved)
	if len(limits) == 0 {
		return "not known: what was used of the processors was not measured"
	}
	first := limits[0]
	text := fmt.Sprintf("%s run out first, %s %% busy at %s req/s", Capital(resources[first.Resource]),
		Number(100*first.Busy), Number(achieved))
	if first.Saturated {
		return text + ": they are the bottleneck"
	}
	return text + fmt.Sprintf(", fully at about %s req/s if work per request stays the same", Number(first.Rate))
}

// found is the bottleneck that the search for the phase's capacity found; "" when none was made, or none found.
func (p Phase) found() string {
	if p.Search == nil || !p.Search.Found.Known() || p.Search.Found.Bottleneck == "" {
		return ""
	}
	return "Capacity " + p.capacity() + "; " + Clean(p.Search.Found.Bottleneck)
}
