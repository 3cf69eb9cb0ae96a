package judge

import (
	"encoding/json"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Kind is what a run says about a claim.
type Kind string

// The kinds there are.
const (
	Met       Kind = "met"       // it is evidence for the claim
	Missed    Kind = "missed"    // it is evidence against it
	Limited   Kind = "limited"   // the host is smaller than documented and gave out: bars a verdict, refutes nothing
	Disturbed Kind = "disturbed" // it misses the bound under a disturbance that may be why: the same
	Excluded  Kind = "excluded"  // it is no evidence
)

// Outcome is what one run says about one claim.
type Outcome struct {
	Run     int     `json:"run"`
	Kind    Kind    `json:"outcome"`
	Sampled bool    `json:"sampled"` // the run has a sample of the metric; else Value means nothing
	Value   float64 `json:"value"`   // in the claim's unit
	Meets   bool    `json:"met"`     // the value lies on the good side of the bound, whether the run counts or not
	// Reasons are why the run is excluded; of one that counts all the same, what spoke against it.
	Reasons []Reason `json:"reasons"`
}

// Counts reports whether the run is evidence, be it only of what this host can give.
func (o Outcome) Counts() bool { return o.Kind == Met || o.Kind == Missed || o.Kind == Limited }

// MarshalJSON adds whether the run counts.
func (o Outcome) MarshalJSON() ([]byte, error) {
	type plain Outcome
	return json.Marshal(struct {
		plain
		Counts bool `json:"counts"`
	}{plain(o), o.Counts()})
}

// classify says what a run says about a claim. Everything that tells of verdicts comes from it. place is the run's
// place among those that count, by which runs of two phases are paired.
func classify(in Input, c suite.Claim, e Evidence, place int) Outcome {
	o := Outcome{Run: e.Run, Reasons: against(in, c, e)}
	if o.Value, o.Sampled = of(c, e); !o.Sampled {
		o.Reasons = append(o.Reasons, Reason{Code: NoMetric, Name: c.Metric})
	} else if c.Over != 0 {
		if o.Value, o.Sampled = over(in, c, place, o.Value); !o.Sampled {
			o.Reasons = append(o.Reasons, Reason{Code: NothingToCompare, Seen: float64(c.Over)})
		}
	}
	if !o.Sampled {
		o.Value = 0
	}
	o.Meets = o.Sampled && c.Met(o.Value)
	o.Kind = kindOf(in, c, e, &o)
	if o.Reasons == nil {
		o.Reasons = []Reason{}
	}
	return o
}

// kindOf decides by the value and by what speaks against the run. It adds to the reasons what the host lacked.
func kindOf(in Input, c suite.Claim, e Evidence, o *Outcome) Kind {
	switch {
	case !o.Sampled:
		return Excluded
	case o.Meets && onlyHurt(in, c, e, o.Reasons) && !overwhelmed(in, e):
		if reason := doubt(in, c, e); !reason.None() {
			o.Reasons = append(o.Reasons, reason)
			return Excluded
		}
		return Met
	}
	if lack := shortage(in, c, e, *o); !lack.None() && excusable(o.Reasons, lack) {
		o.Reasons = append(o.Reasons, lack)
		return Limited
	}
	switch {
	case o.Meets:
		return Excluded
	case len(o.Reasons) == 0, missedAnyway(in, c, e, *o):
		return Missed
	}
	metric := c.Of()
	if lack := starved(in, *o); metric.Starves && !lack.None() && excusable(o.Reasons, lack) {
		o.Reasons = append(o.Reasons, lack)
		return Limited
	}
	if onlyHurt(in, c, e, o.Reasons) {
		return Disturbed
	}
	return Excluded
}

// overwhelmed reports whether the host's processors gave out and the run's load was not done for it, so that what it
// meets was not met under the load that is documented.
func overwhelmed(in Input, e Evidence) bool {
	if in.Phase.Disturb != "" || in.Phase.Shape.Kind != "" || e.Window == nil || processors(in, e).None() {
		return false
	}
	return e.Window.Goodput() < float64(in.Validity.Offered)*float64(in.Phase.Rate)
}

// onlyHurt reports whether nothing but what can only hurt speaks against a run, so that who meets the bound all the
// same would have met it.
func onlyHurt(in Input, c suite.Claim, e Evidence, reasons []Reason) bool {
	for _, r := range reasons {
		if directions[r.Code] != OnlyHurts || r.Code == ScheduleLag && eased(in, c, e, r) {
			return false
		}
	}
	return true
}

// eased reports whether a late generator made it easier for the system. The lag is part of every response
// time and of the time in which answers came; other figures are of a load that was spread over so much more time, which
// must be no more than the part of the load that may be missing.
func eased(in Input, c suite.Claim, e Evidence, lag Reason) bool {
	if methods[c.Of().Figure].delayed {
		return false
	}
	return lag.Seen > 1000*e.Window.Length()*(1-float64(in.Validity.Offered))
}

// excusable reports whether a host that gave out may be all that is behind the reasons: not when nothing was
// measured. Too few processors leave load unoffered, and too little memory makes workers fall over.
func excusable(reasons []Reason, lack Reason) bool {
	for _, r := range reasons {
		switch {
		case r.Code == LoadNotOffered && lack.Code == ProcessorsGaveOut:
		case r.Code == BrokenMeanwhile && lack.Code == MemoryGaveOut:
		case directions[r.Code] == Blind:
			return false
		}
	}
	return true
}

// outcomes is what each run of the phase says about a claim, in order.
func outcomes(in Input, c suite.Claim) []Outcome {
	all := make([]Outcome, 0, len(in.Runs))
	place := 0
	for _, e := range in.Runs {
		o := classify(in, c, e, place)
		if o.Counts() {
			place++
		}
		all = append(all, o)
	}
	return all
}

// tallied counts outcomes.
func tallied(all []Outcome) tally {
	var t tally
	for _, o := range all {
		switch o.Kind {
		case Met:
			t.met++
		case Missed:
			t.missed++
		case Limited:
			t.limited++
			if o.explained() {
				t.explained++
			}
		case Disturbed:
			t.disturbed++
		default:
			t.invalid++
		}
	}
	return t
}

// explained reports whether a limited run missed by no more than fewer processors explain.
func (o Outcome) explained() bool {
	return slices.ContainsFunc(o.Reasons, func(r Reason) bool { return r.Code == FewerProcessors })
}

// measured are the values of the runs that count; never nil.
func measured(all []Outcome) []float64 {
	values := []float64{}
	for _, o := range all {
		if o.Counts() {
			values = append(values, o.Value)
		}
	}
	return values
}

// Exclusion says why a run of the phase is re-run: it is no evidence for a claim, or meets every claim
// without having come to a steady state. None when it counts.
func Exclusion(in Input, e Evidence) []Reason {
	guarded := Guards(in, e)
	all, tested := onceEach(in, e)
	if !tested {
		return guarded
	}
	against := false
	for _, o := range all {
		switch o.Kind {
		case Missed, Limited:
			against = true
		case Disturbed:
			return o.Reasons
		case Excluded:
			if len(guarded) > 0 && guardedOut(o) {
				return guarded
			}
		}
	}
	if reason := unsteady(in, e); !reason.None() && !against {
		return []Reason{reason}
	}
	return nil
}

// guardedOut reports whether it is a guard that excludes a run, and not what else a claim asks for.
func guardedOut(o Outcome) bool {
	last := o.Reasons[len(o.Reasons)-1]
	return directions[last.Code] != 0 || slices.ContainsFunc(o.Reasons, func(r Reason) bool {
		return directions[r.Code] == Blind || directions[r.Code] == EitherWay
	})
}

// onceEach is what a run says about each claim by itself that the host can test; false when there is none.
func onceEach(in Input, e Evidence) ([]Outcome, bool) {
	var all []Outcome
	for _, c := range in.Claims {
		if lacking(in.Host, c) == "" && c.Over == 0 {
			all = append(all, classify(in, c, e, 0))
		}
	}
	return all, len(all) > 0
}

// Once holds one run against all claims that the host can test, without a verdict: met when
// every one of them is. Otherwise reasons says why: excluded when the run is no evidence, and generator
// whether that is because the generator did not offer the load in time.
func Once(in Input, e Evidence) (met, excluded, generator bool, reasons []string) {
	all, tested := onceEach(in, e)
	missed := slices.ContainsFunc(all, func(o Outcome) bool { return o.Kind == Missed || o.Kind == Limited })
	guarded := Guards(in, e)
	if i := slices.IndexFunc(all, func(o Outcome) bool { return o.Kind == Disturbed }); i >= 0 {
		guarded = all[i].Reasons
	}
	if !missed && len(guarded) > 0 && (!tested || len(Exclusion(in, e)) > 0) {
		return false, true, GeneratorBound(in, e), Texts(guarded)
	}
	if missed := misses(in, e); len(missed) > 0 {
		return false, false, false, missed
	}
	if reason := unsteady(in, e); !reason.None() { // a rate that does not come to a steady state is not sustained
		return false, false, false, []string{reason.String()}
	}
	return true, false, false, nil
}

// misses are the claims that a run does not meet, among those that the host can test, a sentence each.
func misses(in Input, e Evidence) []string {
	var all []string
	for _, c := range in.Claims {
		if lacking(in.Host, c) != "" || c.Over != 0 {
			continue
		}
		v, ok := of(c, e)
		switch {
		case !ok:
			all = append(all, Reason{Code: NoMetric, Name: c.Metric}.String())
		case !c.Met(v):
			all = append(all, missing(c, v))
		}
	}
	return all
}
