package capacity

import (
	"fmt"
	"math"
)

// Search looks for a capacity. Make it with [New]; it is not safe for concurrent use.
type Search struct {
	config  Config
	belief  *belief
	trials  []Trial
	ceiling float64 // rate that the generator could not offer; +Inf when none is known
	voided  int     // void runs since the last that counts
	next    float64 // 0 when the search has ended
	reason  string
}

// New begins a search.
func New(c Config) (*Search, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Search{config: c, belief: newBelief(c), ceiling: math.Inf(1), next: c.Start}, nil
}

// Next is the rate in req/s at which to make the next run; false when the search has ended.
// It stays the same until the run is recorded.
func (s *Search) Next() (rate float64, more bool) { return s.next, s.next > 0 }

// Record takes what came of the run at the rate that Next named.
func (s *Search) Record(rate float64, o Outcome) error {
	switch {
	case s.next == 0:
		return fmt.Errorf("record a run at %g req/s: the search has ended", rate)
	case rate != s.next:
		return fmt.Errorf("record a run at %g req/s: the run to be made is at %g req/s", rate, s.next)
	case outcomes[o] == "":
		return fmt.Errorf("record a run at %g req/s: %v is none of met, missed, generator-bound and void", rate, o)
	}
	s.trials = append(s.trials, Trial{rate, o})
	s.voided++
	switch o {
	case Met, Missed:
		s.voided = 0
		s.belief.learn(rate, o == Met)
	case GeneratorBound:
		s.voided = 0
		s.ceiling = min(s.ceiling, rate)
	}
	s.next, s.reason = s.decide()
	return nil
}

// decide is the next rate to try, or 0 with the reason for which none is.
func (s *Search) decide() (next float64, reason string) {
	c := s.config
	met, missed := s.extremes()
	switch {
	case s.voided >= voids:
		return 0, fmt.Sprintf("%d runs in a row were no evidence", s.voided)
	case len(s.trials) >= c.MaxRuns:
		return 0, fmt.Sprintf("%d runs were made, the most that were allowed", len(s.trials))
	case s.voided > 0:
		return s.trials[len(s.trials)-1].Rate, ""
	case met == 0 && math.IsInf(missed, 1): // the generator gave out before anything was known
		if s.ceiling/growth < c.Least {
			return 0, fmt.Sprintf("the generator could not offer even %.0f req/s", s.ceiling)
		}
		return s.ceiling / growth, ""
	case met == 0:
		return s.downward(missed)
	case math.IsInf(missed, 1):
		return s.upward(met)
	}
	if r := s.interval(); r.High/r.Low <= 1+c.Resolution {
		return 0, fmt.Sprintf("the interval is within %g %%", 100*c.Resolution)
	}
	rate := s.informative()
	if rate >= s.highest() {
		return s.confirm(s.highest())
	}
	return max(rate, c.Least), ""
}

// informative is the rate whose run says most. While the capacity is vague that is its median. Once
// most of the belief is together, a run there is a coin's throw, and what keeps the interval
// wide are its tails: then it is the end of the wanted interval beyond which more of the belief lies.
func (s *Search) informative() float64 {
	b, side := s.belief, math.Sqrt(1+s.config.Resolution)
	middle := b.quantile(0.5)
	if b.quantile(0.75)/b.quantile(0.25) > side {
		return middle
	}
	if b.above(middle*side) > 1-b.above(middle/side) {
		return middle * side
	}
	return middle / side
}

// downward halves the rate until a run meets the bounds. A single run at the least
// rate may have missed by chance: the belief decides.
func (s *Search) downward(missed float64) (float64, string) {
	if missed > s.config.Least {
		return max(missed/growth, s.config.Least), ""
	}
	if s.belief.above(s.config.Least) < 1-s.config.Level {
		return 0, fmt.Sprintf("even the least rate of %.0f req/s missed the bounds", s.config.Least)
	}
	return s.config.Least, ""
}

// upward doubles the rate until a run misses the bounds or the rate cannot be raised.
func (s *Search) upward(met float64) (float64, string) {
	most := s.highest()
	switch {
	case met >= most:
		return s.confirm(met)
	case met*growth <= most:
		return met * growth, ""
	case math.IsInf(s.ceiling, 1):
		return most, "" // the highest rate that may be tried
	case s.ceiling/met > 1+s.config.Resolution:
		return math.Sqrt(met * s.ceiling), "" // between what was met and where the generator gave out
	}
	return s.confirm(met)
}

// highest is the highest rate that can still be tried.
func (s *Search) highest() float64 {
	if math.IsInf(s.ceiling, 1) {
		return s.config.Most
	}
	return min(s.config.Most, s.ceiling/(1+s.config.Resolution/2))
}

// confirm repeats a rate above which nothing can be tried, until the belief is firm that it is met.
func (s *Search) confirm(rate float64) (float64, string) {
	if s.belief.above(rate) < s.config.Level {
		return rate, ""
	}
	if math.IsInf(s.ceiling, 1) {
		return 0, fmt.Sprintf("%.0f req/s, the highest rate to be tried, was met", rate)
	}
	return 0, fmt.Sprintf("the generator gave out at %.0f req/s, and %.0f req/s were met", s.ceiling, rate)
}

// extremes are the highest rate that was met, 0 when none was, and the lowest that was
// missed, +Inf when none was.
func (s *Search) extremes() (met, missed float64) {
	missed = math.Inf(1)
	for _, t := range s.trials {
		switch t.Outcome {
		case Met:
			met = max(met, t.Rate)
		case Missed:
			missed = min(missed, t.Rate)
		}
	}
	return met, missed
}

func (s *Search) interval() Result {
	tail := (1 - s.config.Level) / 2
	return Result{Low: s.belief.quantile(tail), High: s.belief.quantile(1 - tail)}
}

// Result is what is known so far, and after the last run what was found.
func (s *Search) Result() Result {
	r := s.interval()
	r.Capacity, r.Level, r.Reason = s.belief.quantile(0.5), s.config.Level, s.reason
	r.Trials = append([]Trial(nil), s.trials...)
	met, missed := s.extremes()
	switch {
	case met == 0 && math.IsInf(missed, 1):
		r.Capacity, r.Low, r.High = 0, 0, 0
	case met == 0:
		r.AtMost, r.Capacity, r.Low, r.High = true, missed, 0, missed
	case math.IsInf(missed, 1) || r.Capacity >= s.highest() || met < missed && r.High > growth*missed:
		// What was met is a bound on the capacity where nothing higher could be tried, and where a miss may be by
		// chance, so that it bounds nothing yet.
		r.AtLeast, r.Capacity, r.Low, r.High = true, min(met, s.highest()), min(r.Low, met), 0
	}
	return r
}
