// Package capacity searches for the highest rate that a system sustains within its bounds.
//
// A [Search] only decides: Next names the rate of the next run, Record takes what came of
// it. It drives nothing, so that the same search serves a real system and a simulated one.
// It does not decide whether a run met its bounds; that is for package judge.
package capacity

import (
	"fmt"
	"math"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Outcome is what came of a run at one rate.
type Outcome int

// The outcomes. The zero value is none.
const (
	_              Outcome = iota
	Met                    // every bound was met
	Missed                 // a bound was missed
	GeneratorBound         // the load generator could not offer the rate: nothing is known of the system
	Void                   // the run was no evidence for another reason, and is to be repeated
)

var outcomes = map[Outcome]string{Met: "met", Missed: "missed", GeneratorBound: "generator-bound", Void: "void"}

// String is the outcome's name.
func (o Outcome) String() string {
	if name, ok := outcomes[o]; ok {
		return name
	}
	return fmt.Sprintf("outcome %d", int(o))
}

// Config says how a search is made. Start is needed; the zero value of the rest has defaults.
type Config struct {
	Start float64 // first rate to try, req/s: the documented one where there is one
	Least float64 // lowest rate worth trying, req/s; 0 stands for Start/1024
	Most  float64 // highest rate to try, req/s; 0 stands for 1024 Start
	// Resolution is the width of the interval, as a share of its lower end, at which the
	// search is done, in the range [0.01,1]; 0 stands for 0.1.
	Resolution float64
	// Level is the chance with which the interval is to hold the capacity, in the range
	// [0.5,0.999]; 0 stands for 0.95.
	Level float64
	// MaxRuns ends the search, whatever is known by then; 0 stands for 20.
	MaxRuns int
	// Lapse is the chance that a run comes out wrongly however far its rate is from the
	// capacity, in the range [0.001,0.3]; 0 stands for 0.03.
	Lapse float64
}

// growth is the factor from one rate to the next until the capacity is bracketed.
const growth = 2

// voids is how many void runs in a row end the search.
const voids = 3

func (c Config) withDefaults() (Config, error) {
	set := func(v *float64, to float64) {
		if *v == 0 {
			*v = to
		}
	}
	set(&c.Least, c.Start/1024)
	set(&c.Most, c.Start*1024)
	set(&c.Resolution, 0.1)
	set(&c.Level, 0.95)
	set(&c.Lapse, 0.03)
	if c.MaxRuns == 0 {
		c.MaxRuns = 20
	}
	for _, bad := range []struct {
		is            bool
		what, allowed string
		value         any
	}{
		{!(c.Start > 0) || math.IsInf(c.Start, 1), "start", "a finite rate above 0", c.Start},
		{!(c.Least > 0 && c.Least <= c.Start), "least rate", "above 0 and at most the start", c.Least},
		{!(c.Most >= c.Start && c.Most <= 1e9), "highest rate", "at least the start and at most 1e9", c.Most},
		{!(c.Resolution >= 0.01 && c.Resolution <= 1), "resolution", "0.01 to 1", c.Resolution},
		{!(c.Level >= 0.5 && c.Level <= 0.999), "level", "0.5 to 0.999", c.Level},
		{!(c.Lapse >= 0.001 && c.Lapse <= 0.3), "lapse", "0.001 to 0.3", c.Lapse},
		{c.MaxRuns < 1, "number of runs", "at least 1", c.MaxRuns},
	} {
		if bad.is {
			return c, fmt.Errorf("search a capacity with %s %v: allowed is %s", bad.what, bad.value, bad.allowed)
		}
	}
	return c, nil
}

// Trial is one run of a search.
type Trial struct {
	Rate    float64 // req/s
	Outcome Outcome
}

// Result is what a search found.
type Result struct {
	// Capacity is the rate in req/s at which a run is as likely to meet the bounds as to
	// miss them; a bound on it where AtLeast or AtMost is set; 0 when nothing is known.
	Capacity float64
	Low      float64 // ends of the interval that holds it with the chance Level, req/s
	High     float64 // 0 with AtLeast: there is no upper end
	Level    float64
	AtLeast  bool   // the capacity is this or more: the search could not go higher
	AtMost   bool   // the capacity is below this: even the least rate missed the bounds
	Reason   string // why the search ended, with its figures
	Trials   []Trial
}

// Converged reports whether the interval is as narrow as was asked for.
func (r Result) Converged(resolution float64) bool {
	return r.Low > 0 && !r.AtLeast && !r.AtMost && r.High/r.Low <= 1+resolution
}

// ClaimsAt are claims as they have to be met at another offered rate: a claim on the rate asks for
// that rate, with the tolerance it has and some slack, and all others stay as they are. How soon a system becomes
// steady is nothing that a rate must meet.
func ClaimsAt(claims []suite.Claim, rate suite.Rate, slack suite.Share) []suite.Claim {
	var at []suite.Claim
	for _, c := range claims {
		switch c.Metric {
		case suite.TimeToSteady:
			continue
		case suite.Goodput:
			c.Value.Value = float64(rate)
			c.Tolerance += slack
		}
		at = append(at, c)
	}
	return at
}
