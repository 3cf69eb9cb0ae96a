package judge

import (
	"encoding/json"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Kind is what a run says about a claim.
type Kind string

// The kinds there are.
const (
	Met      Kind = "met"      // it is evidence for the claim
	Missed   Kind = "missed"   // it is evidence against it
	Excluded Kind = "excluded" // it is no evidence
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

// Counts reports whether the run is evidence.
func (o Outcome) Counts() bool { return o.Kind == Met || o.Kind == Missed }

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
	o := Outcome{Run: e.Run, Reasons: Guards(in, e)}
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
	switch {
	case len(o.Reasons) > 0 && missedAnyway(in, c, e, o):
		o.Kind = Missed
	case len(o.Reasons) > 0:
		o.Kind = Excluded
	case o.Meets:
		o.Kind = Met
		if reason := doubt(in, c, e); !reason.None() {
			o.Kind, o.Reasons = Excluded, []Reason{reason}
		}
	default:
		o.Kind = Missed
	}
	if o.Reasons == nil {
		o.Reasons = []Reason{}
	}
	return o
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
		default:
			t.invalid++
		}
	}
	return t
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

// Exclusion says why a run of the phase is made up for by another: it is no evidence, or
// meets every claim without having come to a steady state. None when it counts.
func Exclusion(in Input, e Evidence) []Reason {
	if reasons := Guards(in, e); len(reasons) > 0 {
		return reasons
	}
	if missed := misses(in, e); len(missed) == 0 {
		if reason := unsteady(in, e); !reason.None() {
			return []Reason{reason}
		}
	}
	return nil
}

// Once holds one run against all claims that the host can test, without a verdict: met when
// every one of them is. Otherwise reasons says why: excluded when the run is no evidence, and generator
// whether that is because the generator did not offer the load in time.
func Once(in Input, e Evidence) (met, excluded, generator bool, reasons []string) {
	if guarded := Guards(in, e); len(guarded) > 0 {
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
