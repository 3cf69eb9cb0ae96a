package judge

import (
	"fmt"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/queueing"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Projection is what a model makes of a claim that the host cannot test. It is no
// measurement, and no verdict follows from it.
type Projection struct {
	Value float64 `json:"value"` // in the unit of the claim: the median over the runs that it was made from
	Low   float64 `json:"low"`   // the smallest over these runs
	High  float64 `json:"high"`  // the largest
	Model string  `json:"model"` // what was assumed, with its figures
	Met   bool    `json:"met"`   // Value lies on the good side of the bound
}

// project makes a projection for a claim from the runs of a phase that does the same work;
// nil when there is none, or no model for the metric.
func project(in Input, c suite.Claim) *Projection {
	if in.Like == nil || in.Phase.Shape.Kind != "" || in.Like.Phase.Shape.Kind != "" {
		return nil
	}
	like, target := *in.Like, in.Phase
	var values, demands []float64
	assumed := ""
	for _, e := range like.Runs {
		if len(Exclusion(like, e)) > 0 {
			continue
		}
		demand, ok := demandOf(e)
		if !ok {
			continue
		}
		v, model, ok := projected(c, e, target, demand)
		if !ok {
			continue
		}
		if c.Over != 0 {
			alone, _, ok := projected(c, e, like.Phase, demand)
			if !ok || alone <= 0 {
				continue
			}
			v /= alone
		}
		values, demands, assumed = append(values, v), append(demands, demand), model
	}
	if len(values) == 0 {
		return nil
	}
	if c.Of().Figure != suite.OfMemory {
		assumed += fmt.Sprintf(", %s of processor time per request",
			figure(1000*stats.Median(demands), suite.Milliseconds))
	}
	middle := stats.Median(values)
	return &Projection{
		Value: middle, Low: slices.Min(values), High: slices.Max(values), Met: c.Met(middle),
		Model: assumed + " as in " + like.Phase.Title(),
	}
}

// projectHere makes a projection to the processors that the document gives the phase, from the phase's own runs: by
// the processor time that a request took of this host, all roles together, the generator included. nil when no run
// tells, or there is no model for the metric.
func projectHere(in Input, c suite.Claim, all []Outcome) *Projection {
	if c.Over != 0 || in.Phase.Shape.Kind != "" || !in.smaller() {
		return nil
	}
	target := in.Phase
	target.Workers = in.Phase.Processors()
	var values, demands []float64
	assumed := ""
	for i, o := range all {
		if o.Kind == Excluded || o.Kind == Disturbed {
			continue
		}
		demand, _, ok := demandHere(in, in.Runs[i])
		if !ok {
			continue
		}
		v, model, ok := projected(c, in.Runs[i], target, demand)
		if c.Of().Figure == suite.OfErrors {
			_, ok = responseOf(target.Workers, float64(target.Rate), demand, 0.5)
			model = fmt.Sprintf("an M/M/%d queue with room, in which no request fails for want of a processor",
				target.Workers)
		}
		if !ok {
			continue
		}
		values, demands, assumed = append(values, v), append(demands, demand), model
	}
	if len(values) == 0 {
		return nil
	}
	middle := stats.Median(values)
	return &Projection{
		Value: middle, Low: slices.Min(values), High: slices.Max(values), Met: c.Met(middle),
		Model: fmt.Sprintf("%s, %d cores, %s of processor time per request of all roles together, as measured here",
			assumed,
			target.Workers, figure(1000*stats.Median(demands), suite.Milliseconds)),
	}
}

// demandOf is the processor time of a request in a run, in seconds.
func demandOf(e Evidence) (float64, bool) {
	if e.Window == nil {
		return 0, false
	}
	rate, ok := goodput(e)
	used, known := cpuPercent(e)
	if !ok || !known || rate <= 0 || used <= 0 {
		return 0, false
	}
	return queueing.Demand(used/100, float64(e.Workers), rate), true
}

// projected is what a phase would yield for a claim if its workers shared nothing but the
// load, and what that assumes. The processor time of a request is in seconds.
func projected(c suite.Claim, e Evidence, phase suite.Phase, demand float64) (v float64, model string, ok bool) {
	by := methods[c.Of().Figure].projected
	if by == nil {
		return 0, "", false
	}
	return by(c, e, phase, demand)
}

// linear is what the projections by the utilization law assume.
const linear = "utilization law, linear scaling"

func projectedRate(_ suite.Claim, _ Evidence, phase suite.Phase, demand float64) (float64, string, bool) {
	return min(float64(phase.Rate), queueing.Throughput(1, float64(phase.Workers), demand)), linear, true
}

func projectedScaled(c suite.Claim, _ Evidence, phase suite.Phase, demand float64) (float64, string, bool) {
	return queueing.Throughput(float64(c.AtCPU), float64(phase.Workers), demand), linear, true
}

func projectedBusy(_ suite.Claim, _ Evidence, phase suite.Phase, demand float64) (float64, string, bool) {
	return min(100, 100*queueing.Busy(float64(phase.Rate), demand)/float64(phase.Workers)), linear, true
}

func projectedMemory(_ suite.Claim, e Evidence, _ suite.Phase, _ float64) (float64, string, bool) {
	v, ok := peakMebibytes(e)
	return v, "a worker needs as much among others", ok
}

func projectedResponse(c suite.Claim, _ Evidence, phase suite.Phase, demand float64) (float64, string, bool) {
	response, ok := responseOf(phase.Workers, float64(phase.Rate), demand, c.Of().Quantile)
	return milliseconds(response), fmt.Sprintf("an M/M/%d queue", phase.Workers), ok
}
