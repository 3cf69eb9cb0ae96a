package judge

import "math/big"

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
	for tail(n, d+1).Cmp(level) <= 0 {
		d++
	}
	return d
}

// alpha is the chance that runs decide wrongly when each is as likely to meet the bound
// as to miss it: P(Bin(n, 1/2) <= dissents(n)), in the range (0,1].
func alpha(n int) float64 {
	f, _ := tail(n, dissents(n)).Float64()
	return f
}

// tail is P(Bin(n, 1/2) <= d).
func tail(n, d int) *big.Rat {
	sum, term := new(big.Int), new(big.Int)
	for k := 0; k <= min(d, n); k++ {
		sum.Add(sum, term.Binomial(int64(n), int64(k)))
	}
	return new(big.Rat).SetFrac(sum, new(big.Int).Lsh(big.NewInt(1), uint(n)))
}

// tally counts what the runs of a phase say about one claim.
type tally struct {
	met, missed int // valid runs
	invalid     int // runs that do not count
}

func (t tally) valid() int { return t.met + t.missed }

// verdict applies the rules to the counts. It depends on nothing else, so that a
// tally that no further run can change has a verdict that none can change.
func (t tally) verdict() Verdict {
	all := t.valid() + t.invalid
	switch {
	case all == 0:
		return Inconclusive
	case t.invalid*3 > all, all >= MinRuns && t.valid() < MinRuns:
		return Invalid
	case t.valid() < MinRuns:
		return Inconclusive
	case t.missed <= dissents(t.valid()):
		return Verified
	case t.met <= dissents(t.valid()):
		return Refuted
	default:
		return Inconclusive
	}
}

// fixed reports whether the verdict stays the same whatever the remaining runs say,
// being met, missed or invalid.
func (t tally) fixed(remaining int) bool {
	now := t.verdict()
	for met := 0; met <= remaining; met++ {
		for missed := 0; met+missed <= remaining; missed++ {
			then := tally{t.met + met, t.missed + missed, t.invalid + remaining - met - missed}
			if then.verdict() != now {
				return false
			}
		}
	}
	return true
}
