package run

import (
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// kept is the keeper of a run's requests; the zero value keeps none.
type kept struct{ Keeper }

// neverBegan is the origin of a load that never began.
var neverBegan time.Time

// keep begins to keep the requests of a run that is judged, if anybody wants that.
func (p *pipeline) keep(phase suite.Phase, t *archive.Trial, url string, offered offer) kept {
	if p.Keep == nil || offered.search {
		return kept{}
	}
	return kept{p.Keep(phase, t.Number, url)}
}

// observe takes samples beside whatever else does; nil when nothing does.
func (k kept) observe(other func(measure.Sample)) func(measure.Sample) {
	switch {
	case k.Keeper == nil:
		return other
	case other == nil:
		return k.Observe
	}
	return func(s measure.Sample) {
		other(s)
		k.Observe(s)
	}
}

// end ends it with what became of the load, nil for a load that never began.
func (k kept) end(outcome *load.Outcome) {
	switch {
	case k.Keeper == nil:
	case outcome == nil:
		k.End(neverBegan, nil)
	default:
		k.End(outcome.Origin, outcome.Window)
	}
}
