package run

import (
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// The load of a warm-up rises to its rate over longestRamp, or a third of the least warm-up if that is shorter. A
// system that has just started would else begin with a backlog, which takes its time to go.
const (
	longestRamp = 500 * time.Millisecond
	rampShare   = 3
	rampFrom    = 0.1 // of the rate
)

// schedule holds the arrivals of a phase's measurement window of a given length. It does not depend on how long the
// warm-up takes.
func (p *pipeline) schedule(phase suite.Phase, seed uint64, window time.Duration) load.Schedule {
	poisson := p.Suite.Plan.Arrivals == suite.ArrivalsPoisson
	switch pieces := pieces(phase, window); {
	case phase.Shape.Kind != "" && poisson:
		return load.ShapedPoisson(seed, pieces)
	case phase.Shape.Kind != "":
		return load.Shaped(pieces...)
	case poisson:
		return load.Poisson(float64(phase.Rate), seed, window)
	}
	return load.Constant(float64(phase.Rate))
}

// pieces are the parts of a phase's measurement window.
func pieces(phase suite.Phase, window time.Duration) []load.Piece {
	var all []load.Piece
	for _, piece := range phase.Shape.Pieces(phase.Rate, window) {
		all = append(all, load.Piece{Length: piece.Length, From: float64(piece.From), To: float64(piece.To)})
	}
	return all
}

// warmup is what is offered before a phase's measurement window: a rate that rises to the one at which the window
// starts.
func (p *pipeline) warmup(phase suite.Phase, seed uint64) load.Warmup {
	within := p.Options.WarmupBounds()
	bounds := warmup.Bounds{Ramp: min(longestRamp, within.Least/rampShare), Least: within.Least, Most: within.Most}
	if bounds.Most == 0 {
		return load.Warmup{}
	}
	rising := rising(phase, bounds)
	if p.Suite.Plan.Arrivals == suite.ArrivalsPoisson {
		return load.Warmup{Bounds: bounds, Schedule: load.ShapedPoisson(seed^warmupStream, rising)}
	}
	return load.Warmup{Bounds: bounds, Schedule: load.Shaped(rising...)}
}

// rising is a warm-up's load: it rises over the ramp to the rate at which the window starts, and stays there. In turns
// it rises in the first of them.
func rising(phase suite.Phase, bounds warmup.Bounds) []load.Piece {
	if phase.Shape.Kind != suite.Alternating {
		rate := pieces(phase, time.Second)[0].From
		return []load.Piece{ramp(rate, bounds.Ramp), {Length: bounds.Most, From: rate, To: rate}}
	}
	all := pieces(phase, bounds.Most)
	first := slices.IndexFunc(all, func(p load.Piece) bool { return p.From > 0 })
	if first < 0 {
		return all
	}
	turn, length := all[first], min(bounds.Ramp, all[first].Length)
	rest := load.Piece{Length: turn.Length - length, From: turn.From, To: turn.From}
	return slices.Replace(all, first, first+1, ramp(turn.From, length), rest)
}

// ramp is a load that rises to a rate.
func ramp(rate float64, length time.Duration) load.Piece {
	return load.Piece{Length: length, From: rampFrom * rate, To: rate}
}

// warmupStream sets the random arrivals of a warm-up apart from those of the window.
const warmupStream = 0x7761726d7570
