// Package bisect finds the commit from which on a figure is worse, by interleaved comparison.
//
// It only decides: [Search.Next] names the commit that is to be measured beside the good one, and
// [Search.Record] takes what came of it. The same pairs always lead to the same decisions, so that a
// search that was broken off goes on from its record. It runs nothing.
package bisect

import (
	"fmt"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// Options say how sure a search has to be; the zero value has defaults.
type Options struct {
	Least float64 // smallest relative change that matters, in the range (0,1); 0 stands for 0.05
	Risk  float64 // chance of a wrong answer over the whole search, in the range (0,0.5); 0 stands for 0.05
	Most  int     // most pairs for one commit, at least 5; 0 stands for 40
}

func (o Options) withDefaults() (Options, error) {
	if o.Least == 0 {
		o.Least = 0.05
	}
	if o.Risk == 0 {
		o.Risk = 0.05
	}
	if o.Most == 0 {
		o.Most = 40
	}
	switch {
	case !(o.Least > 0 && o.Least < 1):
		return o, fmt.Errorf("bisect: a least change of %v; allowed: above 0 and below 1", o.Least)
	case !(o.Risk > 0 && o.Risk < 0.5):
		return o, fmt.Errorf("bisect: a risk of %v; allowed: above 0 and below 0.5", o.Risk)
	case o.Most < 5:
		return o, fmt.Errorf("bisect: at most %d pairs for a commit; allowed: 5 or more", o.Most)
	}
	return o, nil
}

// State is what is known of a commit.
type State string

// The states.
const (
	Unknown State = "unknown"
	Good    State = "good" // like the good commit
	Bad     State = "bad"  // like the bad one
	Unclear State = "unclear"
	Broken  State = "broken" // cannot be built or measured
)

// Search is a search under way.
type Search struct {
	options Options
	commits []string // after the good one, oldest first; the last is the bad one
	lower   bool     // a lower figure is better
	pairs   map[string][]float64
	broken  map[string]bool
}

// New begins a search among the commits after the good one, oldest first, of which the last is the bad
// one. lower says that a lower figure is better.
func New(commits []string, lower bool, o Options) (*Search, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(commits) == 0 {
		return nil, fmt.Errorf("bisect: no commit lies between good and bad; allowed: one or more")
	}
	return &Search{o, commits, lower, map[string][]float64{}, map[string]bool{}}, nil
}

// Record takes one pair: what the good commit and another one measured, next to one another.
func (s *Search) Record(commit string, good, other float64) error {
	if !(good > 0) || !(other > 0) || math.IsInf(good, 1) || math.IsInf(other, 1) {
		return fmt.Errorf("bisect: %s measured %v beside %v; allowed: figures above 0", commit, other, good)
	}
	worse := math.Log(other / good)
	if !s.lower {
		worse = -worse
	}
	s.pairs[commit] = append(s.pairs[commit], worse)
	return nil
}

// Break notes that a commit cannot be measured.
func (s *Search) Break(commit string) { s.broken[commit] = true }

// Step is what comes next.
type Step struct {
	Measure string // the commit to be measured beside the good one; "" when the search has ended
	Result  Result // when it has
}

// Result is what a search has found.
type Result struct {
	// Suspects are the commits of which the first bad one is one, oldest first; one alone when it is
	// found, none when the bad commit is not worse than the good one, or that is unclear.
	Suspects []string
	Why      string
}

// Next says what to measure, or what was found.
func (s *Search) Next() Step {
	bad := s.commits[len(s.commits)-1]
	switch s.State(bad) {
	case Unknown:
		return Step{Measure: bad}
	case Broken:
		return Step{Result: Result{Why: "the bad commit cannot be measured"}}
	case Good:
		return Step{
			Result: Result{
				Why: fmt.Sprintf("the bad commit is not worse than the good one by %.3g %% or more on this machine",
					100*s.options.Least),
			},
		}
	case Unclear:
		return Step{
			Result: Result{
				Why: fmt.Sprintf("%d pairs do not tell whether the bad commit is worse than the good one",
					s.options.Most),
			},
		}
	}
	low, high := -1, len(s.commits)-1 // the good commit's place, and that of a bad one
	for {
		middle, ok := s.middle(low, high)
		if !ok {
			suspects := slices.Clone(s.commits[low+1 : high+1])
			why := "every commit before it is like the good one"
			if len(suspects) > 1 {
				why = fmt.Sprintf("%d commits before the last of them are unclear or cannot be measured",
					len(suspects)-1)
			}
			return Step{Result: Result{suspects, why}}
		}
		switch s.State(s.commits[middle]) {
		case Unknown:
			return Step{Measure: s.commits[middle]}
		case Good:
			low = middle
		default:
			high = middle
		}
	}
}

// middle is the place halfway between two, or the nearest to it that can be told.
func (s *Search) middle(low, high int) (int, bool) {
	half := (low + high) / 2
	for distance := 0; distance <= high-low; distance++ {
		for _, at := range []int{half - distance, half + distance} {
			if at <= low || at >= high {
				continue
			}
			if state := s.State(s.commits[at]); state != Broken && state != Unclear {
				return at, true
			}
		}
	}
	return 0, false
}

// astray is the chance, at most, that a pair lies on the wrong side of the middle between good and bad.
const astray = 0.3

// State is what the pairs of a commit say: Wald's sequential probability ratio test (Ann. Math.
// Statist. 16 (1945), 117–186) on how many of them lie on the bad side of the middle between good and
// bad: at most a share of [astray] of a good one's, at least the rest of a bad one's.
func (s *Search) State(commit string) State {
	if s.broken[commit] {
		return Broken
	}
	middle, ok := s.threshold(commit)
	if !ok {
		return Unknown
	}
	need := s.lead()
	lead := 0
	for i, worse := range s.pairs[commit] {
		if i == s.options.Most {
			break
		}
		if worse > middle {
			lead++
		} else {
			lead--
		}
		if lead == need {
			return Bad
		}
		if lead == -need {
			return Good
		}
	}
	if len(s.pairs[commit]) >= s.options.Most {
		return Unclear
	}
	return Unknown
}

// lead is how many more pairs have to lie on one side than on the other: Wald's boundary
// ln((1-α)/α) in steps of ln((1-astray)/astray), with the risk shared by all commits that
// a search comes to.
func (s *Search) lead() int {
	steps := math.Ceil(math.Log2(float64(len(s.commits)))) + 1
	alpha := s.options.Risk / steps
	return int(math.Ceil(math.Log((1-alpha)/alpha) / math.Log((1-astray)/astray)))
}

// threshold is the middle between the good and the bad commit's figures, as the logarithm of their
// ratio: of the bad commit itself half the least change, of others half of what the bad one has shown.
func (s *Search) threshold(commit string) (float64, bool) {
	bad := s.commits[len(s.commits)-1]
	least := math.Log(1+s.options.Least) / 2
	if commit == bad {
		return least, true
	}
	if s.State(bad) != Bad {
		return 0, false
	}
	return max(least, stats.Median(s.pairs[bad])/2), true
}

// Ratio is how a commit's figure compares with the good one's, as the median of its pairs; false when it has
// none.
func (s *Search) Ratio(commit string) (float64, bool) {
	if len(s.pairs[commit]) == 0 {
		return 0, false
	}
	ratio := math.Exp(stats.Median(s.pairs[commit]))
	if !s.lower {
		ratio = 1 / ratio
	}
	return ratio, true
}

// Pairs is how many pairs of a commit were recorded.
func (s *Search) Pairs(commit string) int { return len(s.pairs[commit]) }
