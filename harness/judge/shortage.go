package judge

import (
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/queueing"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// What it takes to say that a host gave out.
const (
	// GaveOut is the share of the host's processors, busy over the measurement window, from which on
	// they gave out: nothing that waits gets one at once, and what was left over are gaps that the
	// kernel could not fill.
	GaveOut = 0.9
	// memoryGaveOut is the share of its limit that a worker reached, from which on the limit was what held it.
	memoryGaveOut = 0.9
	// unequalWork is how many times as long as in an M/M/c queue requests may wait for a processor before something
	// else is taken to be behind it: (1+CV²)/2 times by the approximation of Allen and Cunneen, where CV is the
	// coefficient of variation of the processor time per request. A run does not tell it: up to 2 is allowed for.
	unequalWork = 2.5
)

// smaller reports whether the host has fewer processors than the document gives the phase.
func (in Input) smaller() bool {
	return in.Host.Cores > 0 && in.Host.Cores < in.Phase.Processors()
}

// Busy is how many of the host's processors were busy over a run's measurement window: by the kernel's own
// count of the host, or by that of the run's processes, which counts more where this program may use
// only a part of the machine. False when neither is known.
func Busy(h Host, e Evidence) (float64, bool) {
	if e.Usage == nil || e.Window == nil || e.Window.Length() <= 0 || h.Cores < 1 {
		return 0, false
	}
	ours, known := 0.0, false
	for _, role := range []measure.Role{
		measure.RoleWorker, measure.RolePrimary, measure.RoleStore, measure.RoleGenerator,
	} {
		if seconds, ok := e.Usage.CPUOf(role); ok {
			ours, known = ours+seconds, true
		}
	}
	if all, ok := e.Usage.CPUOf(measure.RoleHost); ok && h.Online <= h.Cores {
		ours, known = max(ours, all), true
	}
	return min(ours/e.Window.Length(), float64(h.Cores)), known
}

// shortage says what the host lacked of what the document gives the phase, when that may be why a run misses a
// claim; none when the host had room, or as much as is documented.
func shortage(in Input, c suite.Claim, e Evidence, o Outcome) Reason {
	metric := c.Of()
	if metric.Starves || o.Meets {
		if r := processors(in, e); !r.None() {
			return r
		}
	}
	if o.Meets {
		return Reason{}
	}
	if r := memory(in, e); !r.None() {
		return r
	}
	if metric.Starves {
		return waits(in, c, e, o)
	}
	return Reason{}
}

// processors says that the host's processors gave out.
func processors(in Input, e Evidence) Reason {
	if !in.smaller() {
		return Reason{}
	}
	busy, known := Busy(in.Host, e)
	if !known || busy < GaveOut*float64(in.Host.Cores) {
		return Reason{}
	}
	return Reason{
		Code: ProcessorsGaveOut, Seen: busy / float64(in.Host.Cores), From: float64(in.Host.Cores),
		To: float64(in.Phase.Processors()),
	}
}

// memory says that the workers' memory gave out, of which the host could not give as much as is documented.
func memory(in Input, e Evidence) Reason {
	if in.Memory <= 0 || in.Memory >= in.Phase.Memory || e.Usage == nil {
		return Reason{}
	}
	peak, known := e.Usage.PeakRSSOf(measure.RoleWorker)
	if !known || float64(peak) < memoryGaveOut*float64(in.Memory) {
		return Reason{}
	}
	return Reason{
		Code: MemoryGaveOut, Seen: float64(peak) / float64(suite.MiB), From: float64(in.Memory) / float64(suite.MiB),
		To: float64(in.Phase.Memory) / float64(suite.MiB),
	}
}

// starved says that the generator did not get its processor in time.
func starved(in Input, o Outcome) Reason {
	if !in.smaller() {
		return Reason{}
	}
	for _, r := range o.Reasons {
		if r.Code == ScheduleLag {
			return Reason{
				Code: GeneratorStarved, Seen: r.Seen, From: float64(in.Host.Cores), To: float64(in.Phase.Processors()),
			}
		}
	}
	return Reason{}
}

// waits says that a response time is no longer than fewer processors explain, although there was room on
// average: one that comes while all are taken waits, and with fewer that is more often so. Both response times are
// those of an M/M/c queue with the processor time per request that was seen; by how much the one on fewer processors is
// longer counts [unequalWork] times, and the bound is widened by that. A host with much room widens it by next to
// nothing. Source: Erlang's C formula (Allen, Probability, Statistics and Queueing Theory, 2nd ed., sections 5.2.3 and
// 5.3).
func waits(in Input, c suite.Claim, e Evidence, o Outcome) Reason {
	metric := c.Of()
	if metric.Figure != suite.OfResponse || !in.smaller() || c.Over != 0 || in.Phase.Shape.Kind != "" {
		return Reason{}
	}
	demand, rate, ok := demandHere(in, e)
	if !ok {
		return Reason{}
	}
	here, known := responseOf(in.Host.Cores, rate, demand, metric.Quantile)
	there, also := responseOf(in.Phase.Processors(), rate, demand, metric.Quantile)
	if !known || !also || there <= 0 {
		return Reason{}
	}
	factor := 1 + unequalWork*(float64(here)/float64(there)-1)
	if o.Value > c.Bound()*factor {
		return Reason{}
	}
	return Reason{
		Code: FewerProcessors, Seen: o.Value / c.Bound(), Allowed: factor, From: float64(in.Host.Cores),
		To: float64(in.Phase.Processors()),
	}
}

// responseOf is a quantile of the response time of an M/M/c queue; false when it has none.
func responseOf(servers int, rate, demand, q float64) (time.Duration, bool) {
	queue, err := queueing.NewMMC(servers, rate, demand)
	if err != nil || !queue.Stable() {
		return 0, false
	}
	return time.Duration(queue.ResponseQuantile(q) * float64(time.Second)), true
}

// demandHere is the processor time that a request took of the host, all roles together, in seconds, and
// the rate at which they were answered in req/s.
func demandHere(in Input, e Evidence) (demand, rate float64, ok bool) {
	busy, known := Busy(in.Host, e)
	if !known || busy <= 0 || e.Window == nil {
		return 0, 0, false
	}
	answered := float64(e.Window.Succeeded+e.Window.Failed) / e.Window.Length()
	if done := e.Window.Goodput() + float64(e.Window.Failed)/e.Window.Length(); done > 0 {
		answered = min(answered, done) // what was answered after the window cost nothing within it
	}
	if answered <= 0 {
		return 0, 0, false
	}
	return busy / answered, answered, true
}

// Share is how many processors a role took.
type Share struct {
	Role  measure.Role `json:"role"`
	Cores float64      `json:"cores"` // the median over the runs
}

// Shares are how many processors each role took over the measurement windows, by size, the generator and the
// stores included. What is left of the host's is not among them.
func Shares(runs []Evidence) []Share {
	var all []Share
	for _, role := range []measure.Role{
		measure.RoleWorker, measure.RolePrimary, measure.RoleStore, measure.RoleGenerator,
	} {
		var values []float64
		for _, e := range runs {
			if e.Usage == nil || e.Window == nil || e.Window.Length() <= 0 {
				continue
			}
			if seconds, ok := e.Usage.CPUOf(role); ok {
				values = append(values, seconds/e.Window.Length())
			}
		}
		if len(values) > 0 {
			all = append(all, Share{role, stats.Median(values)})
		}
	}
	slices.SortStableFunc(all, func(a, b Share) int {
		switch {
		case a.Cores > b.Cores:
			return -1
		case a.Cores < b.Cores:
			return 1
		}
		return 0
	})
	return all
}
