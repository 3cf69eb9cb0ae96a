package judge

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Explanation is a verdict with everything that it was reached from.
type Explanation struct {
	Result
	Demand string `json:"demand"` // what is claimed, with the tolerance
	// Dissents is how many of the runs that count may go the other way for a verdict.
	Dissents int `json:"dissents"`
	// Changes says what would change the verdict, one sentence each.
	Changes []string `json:"changes"`
}

// ErrNoClaim says that there is no claim of an ID.
var ErrNoClaim = errors.New("no such claim")

// Explain judges one claim of the input, by its ID, and says how.
func Explain(in Input, id string) (Explanation, error) {
	at := slices.IndexFunc(in.Claims, func(c suite.Claim) bool { return c.ID == id })
	if at < 0 {
		return Explanation{}, fmt.Errorf("explain claim %q of phase %d: %w", id, in.Phase.Number, ErrNoClaim)
	}
	c := in.Claims[at]
	e := Explanation{Result: Phase(in)[at], Demand: demand(c), Changes: []string{}}
	e.Dissents = dissents(len(e.Measured))
	e.Changes = append(e.Changes, changes(in, c, e)...)
	return e, nil
}

// changes says what would change the verdict.
func changes(in Input, c suite.Claim, e Explanation) []string {
	t := tallied(e.Runs)
	n := t.valid()
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch e.Verdict {
	case Untestable:
		if lack := lacking(in.Host, c); lack != "" {
			add("a host that has what the claim needs: %s", lack)
			return all
		}
		if in.smaller() {
			add("a host with the %s that are documented; this one has %d", plural(in.Phase.Processors(), "core"),
				in.Host.Cores)
		} else {
			add("a host that can give each worker the documented %s of memory", gibibytes(in.Phase.Memory))
		}
		return append(all, bounds(c, e.Measured)...)
	case Verified:
		n = t.counted()
		add("%s more of these %s missing the bound would make it inconclusive",
			Number(float64(dissents(n)-t.against()+1)), plural(n, "run"))
	case Refuted:
		add("%s more of these %s meeting the bound would make it inconclusive", Number(float64(dissents(n)-t.met+1)),
			plural(n, "run"))
	default:
		for _, to := range []struct {
			verdict Verdict
			doing   string
			with    func(k int) tally
		}{
			{Verified, "met", func(k int) tally { return t.plus(tally{met: 1}, k) }},
			{Refuted, "missed", func(k int) tally { return t.plus(tally{missed: 1}, k) }},
		} {
			if k := further(to.verdict, to.with); k > 0 {
				add("%s that counted and %s the bound would make it %v", plural(k, "further run"), to.doing, to.verdict)
			}
		}
	}
	return append(all, bounds(c, e.Measured)...)
}

// mostFurther is the most further runs that are thought of.
const mostFurther = 100

// further is how many runs of one kind bring a verdict; 0 when not even mostFurther do.
func further(v Verdict, with func(int) tally) int {
	for k := 1; k <= mostFurther; k++ {
		if with(k).verdict() == v {
			return k
		}
	}
	return 0
}

// bounds says for which bounds the runs would have been decided otherwise: the sign test
// turned round, which is the confidence interval for the median run (Conover, Practical
// Nonparametric Statistics, 3rd ed., section 3.2).
func bounds(c suite.Claim, measured []float64) []string {
	n := len(measured)
	if n < MinRuns {
		return nil
	}
	sorted := slices.Sorted(slices.Values(measured))
	low, high := sorted[dissents(n)], sorted[n-1-dissents(n)]
	unit := c.Unit()
	if c.Op == suite.AtMost {
		return []string{
			fmt.Sprintf("with these runs any bound from %s upwards is verified", exact(high, unit)),
			fmt.Sprintf("with these runs any bound below %s is refuted", exact(low, unit)),
		}
	}
	return []string{
		fmt.Sprintf("with these runs any bound up to %s is verified", exact(low, unit)),
		fmt.Sprintf("with these runs any bound above %s is refuted", exact(high, unit)),
	}
}

// exact writes a value with its unit and all digits that it was measured with, since a
// bound that is rounded may fall on the other side of it.
func exact(v float64, u suite.Unit) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) + " " + string(u)
}
