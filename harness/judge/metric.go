package judge

import (
	"math"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// method is what is done with the figures of a kind.
type method struct {
	// read gets the figure from a run's evidence; false when that has no sample of it.
	read func(suite.Metric, Evidence) (float64, bool)
	// delayed tells that the delay of a late generator is part of the figure.
	delayed bool
	// credited is what a figure would be if every request may have been sent late by so many milliseconds; nil when
	// that is not known.
	credited func(m suite.Metric, v, late float64, e Evidence) (float64, bool)
	// projected is what a phase would yield if its workers shared nothing but the load, with the processor time of a
	// request in seconds, and what that assumes; nil when there is no model.
	projected func(c suite.Claim, e Evidence, phase suite.Phase, demand float64) (v float64, model string, ok bool)
}

// methods are those of each figure that a run's window and usage yield. A figure of a disturbance or of the warm-up
// comes with the evidence.
var methods = map[suite.Figure]method{
	suite.OfGoodput:       {read: plain(goodput), delayed: true, credited: moreTime, projected: projectedRate},
	suite.OfScaled:        {projected: projectedScaled},
	suite.OfResponse:      {read: percentile, delayed: true, credited: quantileOnTime, projected: projectedResponse},
	suite.OfErrors:        {read: plain(errorPercent)},
	suite.OfMemory:        {read: plain(peakMebibytes), credited: asItIs, projected: projectedMemory},
	suite.OfAllMemory:     {read: plain(allMebibytes)},
	suite.OfProcessors:    {read: plain(cpuPercent), credited: asItIs, projected: projectedBusy},
	suite.OfOwnMemory:     {read: plain(ownMebibytes)},
	suite.OfWork:          {read: perRequest(measure.RoleWorker, measure.RolePrimary), credited: asItIs},
	suite.OfStoreWork:     {read: perRequest(measure.RoleStore), credited: asItIs},
	suite.OfGeneratorWork: {read: perRequest(measure.RoleGenerator)},
	suite.OfLost:          {read: plain(lost)},
	suite.OfGap:           {read: plain(gap), delayed: true},
	suite.OfFairness:      {read: plain(jain)},
	suite.OfServed:        {read: plain(served)},
}

// plain reads a figure of which there is one only.
func plain(read func(Evidence) (float64, bool)) func(suite.Metric, Evidence) (float64, bool) {
	return func(_ suite.Metric, e Evidence) (float64, bool) { return read(e) }
}

// of is what a run yielded for a claim, in the claim's unit, before it is compared with
// another phase.
func of(c suite.Claim, e Evidence) (float64, bool) {
	if c.AtCPU > 0 {
		return scaled(c, e)
	}
	return Value(c.Metric, e)
}

// scaled is the goodput at the documented processor share. Source: the utilization law,
// U = X × D / N (Denning and Buzen, The Operational Analysis of Queueing Network Models,
// 1978): with the same work D per request, X is proportional to U.
func scaled(c suite.Claim, e Evidence) (float64, bool) {
	if e.Window == nil {
		return 0, false
	}
	rate, ok := goodput(e)
	used, known := cpuPercent(e)
	if !ok || !known || used <= 0 {
		return 0, false
	}
	return rate * float64(c.AtCPU) * 100 / used, true
}

// Value is what a run yielded for a metric, in the metric's unit; false when the run
// has no sample of it or there is no such metric. False is never a pass.
func Value(metric string, e Evidence) (float64, bool) {
	m, _ := suite.MetricByName(metric)
	m.Name = metric
	return Read(m, e)
}

// Read is what a run yielded for a metric, be it one of [suite.Metrics] or another of the same kinds; false when the
// run has no sample of it.
func Read(m suite.Metric, e Evidence) (float64, bool) {
	if v, ok := e.Values[m.Name]; ok {
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	read := methods[m.Figure].read
	if read == nil || e.Window == nil {
		return 0, false
	}
	v, ok := read(m, e)
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

func goodput(e Evidence) (float64, bool) {
	if e.Window.Offered == 0 || e.Window.End <= e.Window.Start {
		return 0, false
	}
	return e.Window.Goodput(), true
}

// percentile reads a metric's quantile q of the response time over everything that was
// scheduled. A request that was never sent has waited longer than any that was: leaving
// it out would make a system that hands out no connections look fast. Where the
// quantile falls on such a request, the value is the longest that can be recorded.
func percentile(m suite.Metric, e Evidence) (float64, bool) {
	h := e.Window.Response
	if h == nil || h.Count()+e.Window.Unsent == 0 {
		return 0, false
	}
	among := m.Quantile
	if h.Count() == 0 {
		among = math.Inf(1)
	} else if e.Window.Unsent > 0 { // the rank q × (answers + unsent) among all is this quantile among the answers
		among *= float64(h.Count()+e.Window.Unsent) / float64(h.Count())
	}
	if among > 1 {
		return milliseconds(measure.Highest), true
	}
	d, ok := h.Quantile(among)
	return milliseconds(d), ok
}

func errorPercent(e Evidence) (float64, bool) {
	share, ok := e.Window.ErrorShare()
	return share * 100, ok
}

func peakMebibytes(e Evidence) (float64, bool) {
	if e.Usage == nil {
		return 0, false
	}
	peak, ok := e.Usage.PeakRSSOf(measure.RoleWorker)
	return float64(peak) / (1 << 20), ok && peak > 0
}

func ownMebibytes(e Evidence) (float64, bool) {
	if e.Usage == nil {
		return 0, false
	}
	peak, ok := e.Usage.PeakOwnOf(measure.RoleWorker)
	return float64(peak) / (1 << 20), ok
}

// perRequest reads the processor time of the roles in milliseconds per request sent in the measurement window. The
// first role must be known; the others count where they exist.
func perRequest(roles ...measure.Role) func(suite.Metric, Evidence) (float64, bool) {
	return func(_ suite.Metric, e Evidence) (float64, bool) {
		if e.Usage == nil || e.Window.Sent == 0 {
			return 0, false
		}
		var sum float64
		for i, role := range roles {
			seconds, ok := e.Usage.CPUOf(role)
			if !ok && i == 0 {
				return 0, false
			}
			sum += seconds
		}
		return sum * 1000 / float64(e.Window.Sent), true
	}
}

func allMebibytes(e Evidence) (float64, bool) {
	if e.Usage == nil {
		return 0, false
	}
	peak, ok := e.Usage.PeakTotalRSSOf(measure.RoleWorker)
	return float64(peak) / (1 << 20), ok && peak > 0
}

func cpuPercent(e Evidence) (float64, bool) {
	if e.Usage == nil || e.Workers < 1 || e.Window.End <= e.Window.Start {
		return 0, false
	}
	seconds, ok := e.Usage.CPUOf(measure.RoleWorker)
	return seconds / (float64(e.Workers) * e.Window.Length()) * 100, ok
}

func lost(e Evidence) (float64, bool) {
	return float64(e.Window.Failed + e.Window.Unsent), e.Window.Offered > 0
}

func gap(e Evidence) (float64, bool) { return milliseconds(e.Window.Gap), e.Window.Gap > 0 }

// perWorker is the least number of answers a worker, on average, from which the fairness
// of their distribution is told.
const perWorker = 100

// jain is Jain's fairness index of the answers per worker, (Σx)² / (n Σx²), in percent: 100
// when all gave as many, 100/n when one gave all. Source: Jain, Chiu and Hawe, A Quantitative
// Measure of Fairness and Discrimination, DEC-TR-301, 1984. A worker that answered nothing counts.
func jain(e Evidence) (float64, bool) {
	var sum, squares float64
	for _, w := range e.Window.Workers {
		x := float64(w.Succeeded + w.Failed)
		sum, squares = sum+x, squares+x*x
	}
	n := float64(max(e.Workers, len(e.Window.Workers)))
	if n == 0 || sum < perWorker*n {
		return 0, false
	}
	return 100 * sum * sum / (n * squares), true
}

func served(e Evidence) (float64, bool) {
	return float64(len(e.Window.Workers)), len(e.Window.Workers) > 0
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
