package judge

import (
	"math/big"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// MinRuns is the least number of valid runs that a verdict may rest on. With five, all
// of one mind, the chance of a wrong decision is 1/32 each way: the floor.
const MinRuns = 5

// level is the chance of a wrong decision, each way, that dissents may bring a verdict
// to: 1/64, that of 6 of 6.
var level = big.NewRat(1, 64)

// dissents is how many of n runs may go the other way without taking the verdict with
// them: the largest d with P(Bin(n, 1/2) <= d) <= 1/64, in exact arithmetic; 0 for
// fewer than six runs. Source: the exact sign test (Conover, Practical Nonparametric
// Statistics, 3rd ed., section 3.4).
func dissents(n int) int {
	d := 0
	for stats.Sign(n, d+1).Cmp(level) <= 0 {
		d++
	}
	return d
}

// alpha is the chance that runs decide wrongly when each is as likely to meet the bound
// as to miss it: P(Bin(n, 1/2) <= dissents(n)), in the range (0,1].
func alpha(n int) float64 {
	f, _ := stats.Sign(n, dissents(n)).Float64()
	return f
}

// tally counts what the runs of a phase say about one claim.
type tally struct {
	met, missed int // runs that are evidence
	limited     int // runs that missed the bound on a host that is smaller than documented, and gave out
	explained   int // of these, runs that missed it by no more than fewer processors explain
	disturbed   int // runs that missed the bound under a disturbance that may be why
	invalid     int // runs that are excluded whatever they yielded
}

// enough is how many limited runs settle that a host cannot test a claim: with the six runs of a suite that
// leaves fewer than [MinRuns] others, and no rule allows so many to differ.
const enough = 3

func (t tally) valid() int { return t.met + t.missed }

// against is how many runs speak against verifying: a run that meets a bound in spite of a disturbance counts, so one
// that does not must count, too, or what is left would be a selection. The same holds of one that a small host held
// back.
func (t tally) against() int { return t.missed + t.limited + t.disturbed }

// counted is how many runs the sign test for verifying rests on.
func (t tally) counted() int { return t.met + t.against() }

func (t tally) all() int { return t.counted() + t.invalid }

// verdict applies the rules to the counts. It depends on nothing else, so that a
// tally that no further run can change has a verdict that none can change.
//
// Limited and disturbed runs bar verification like misses, and are no evidence for refuting. Those that fewer
// processors explain differ from the others by what they yielded: to leave them out would be a selection, and they bar
// refuting like runs that met the bound.
func (t tally) verdict() Verdict {
	switch {
	case t.all() == 0:
		return Inconclusive
	case t.counted() >= MinRuns && 3*t.invalid <= t.all() && t.against() <= dissents(t.counted()):
		return Verified
	case t.valid() >= MinRuns && 3*(t.invalid+t.disturbed) <= t.all() && 3*t.limited <= t.all() &&
		t.met+t.explained <= dissents(t.valid()+t.explained):
		return Refuted
	case t.limited >= enough && 3*t.limited > t.counted():
		return Untestable
	case 3*(t.invalid+t.disturbed) > t.all(), t.all() >= MinRuns && t.valid()+t.limited < MinRuns:
		return Invalid
	case t.counted() < MinRuns:
		return Inconclusive
	case t.limited > 0 && (t.valid() < MinRuns || t.missed+t.disturbed <= dissents(t.counted())):
		return Untestable
	default:
		return Inconclusive
	}
}

// fixed reports whether the verdict stays the same whatever the remaining runs say; only on a host that is smaller
// than documented can they be limited. It is enough to look at
// those completions in which they say at most two different things (TestFixedIsExactlyThatEveryCompletionGivesTheSame).
func (t tally) fixed(remaining int, smaller bool) bool {
	now := t.verdict()
	kinds := []tally{{met: 1}, {missed: 1}, {disturbed: 1}, {invalid: 1}}
	if smaller {
		kinds = append(kinds, tally{limited: 1}, tally{limited: 1, explained: 1})
	}
	for _, a := range kinds {
		for _, b := range kinds {
			for k := 0; k <= remaining; k++ {
				if t.plus(a, k).plus(b, remaining-k).verdict() != now {
					return false
				}
			}
		}
	}
	return true
}

// plus is the tally with k times another added.
func (t tally) plus(o tally, k int) tally {
	return tally{
		met: t.met + k*o.met, missed: t.missed + k*o.missed, limited: t.limited + k*o.limited,
		explained: t.explained + k*o.explained, disturbed: t.disturbed + k*o.disturbed,
		invalid: t.invalid + k*o.invalid,
	}
}

// Runs is how many runs there are to be as things stand: those planned, one for each excluded one, up to a third of
// them, and where a run missed a claim under a disturbance, as many as it takes for that one to be outweighed, up to
// two thirds: from 6 to 10 runs, of which one may differ.
func Runs(in Input) int {
	spare, most := in.Planned/3, in.Planned+in.Planned*2/3
	again := 0
	for _, e := range in.Runs {
		if len(Exclusion(in, e)) > 0 {
			again++
		}
	}
	total := in.Planned + min(again, spare)
	for _, c := range in.Claims {
		if lacking(in.Host, c) != "" {
			continue
		}
		all := outcomes(in, c)
		if !slices.ContainsFunc(all, outweighable) {
			continue
		}
		t := tallied(all)
		for n := t.counted(); n <= most; n++ {
			if t.against() <= dissents(n) {
				total = max(total, n+min(t.invalid, spare))
				break
			}
		}
	}
	return total
}

// outweighable reports whether further runs may outweigh a miss: it fell under a disturbance, whether a host that is
// smaller than documented gave out besides or not.
func outweighable(o Outcome) bool {
	hurt := func(r Reason) bool { return slices.Contains(hostCodes, r.Code) }
	return o.Kind == Disturbed || o.Kind == Limited && slices.ContainsFunc(o.Reasons, hurt)
}
