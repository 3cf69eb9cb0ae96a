// Package risk estimates what a portfolio may lose: value at risk (VaR) and expected
// shortfall (ES) by historical simulation, beside the normal and the Cornish–Fisher
// estimate.
//
// Each position is exposed to one factor. The factors' returns are the relative monthly
// changes of the employment in U.S. industry groups: a real series with booms and a
// crisis, in the place of market prices. Losses are positive.
//
// A horizon of h months multiplies every figure of one month by √h (Jorion).
// That takes the months as independent and the mean, which grows with h, as small.
//
// Sources: P. Jorion, Value at Risk, 3rd ed. (historical simulation, delta-normal VaR,
// square root of time); C. Acerbi & D. Tasche, On the coherence of expected shortfall,
// J. Banking & Finance 26 (2002), definition 2.6; Basel Committee, MAR33 (ES at 97.5 %);
// L. Favre & J.-A. Galeano, Mean-modified value-at-risk optimization with hedge funds,
// J. Alternative Investments 5 (2002) (Cornish–Fisher VaR).
package risk

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// What may be asked for.
const (
	MinConfidence = 0.9
	MaxConfidence = 0.999
	MaxHorizon    = 12 // months
	MaxPositions  = 100
	MaxValue      = 1e12
)

// maxQuoted bounds the names that an error quotes, in bytes.
const maxQuoted = 40

// Position is an exposure to one factor.
type Position struct {
	Factor string  `json:"factor"` // one of [Factors]
	Value  float64 `json:"value"`  // in any currency; negative: short; at most [MaxValue] either way
}

// Request asks for the risk of a portfolio.
type Request struct {
	Positions     []Position `json:"positions"`      // 1 to [MaxPositions]; several of one factor add up
	Confidence    float64    `json:"confidence"`     // in the range [MinConfidence, MaxConfidence], e.g. 0.975
	HorizonMonths int        `json:"horizon_months"` // 1 to [MaxHorizon]
}

// Report is the risk of a portfolio, in the currency of its positions. Amounts are rounded
// to a millionth of its unit, so that the rounding errors of the sums do not show.
type Report struct {
	Value         float64 `json:"value"` // sum of the positions
	Confidence    float64 `json:"confidence"`
	HorizonMonths int     `json:"horizon_months"`
	Observations  int     `json:"observations"` // months in the series of returns
	Historical    Tail    `json:"historical"`
	Normal        Tail    `json:"normal"`
	CornishFisher VaR     `json:"cornish_fisher"`
}

// Tail is a quantile of the loss, and the mean of what lies beyond.
type Tail struct {
	VaR float64 `json:"var"`
	ES  float64 `json:"es"`
}

// VaR is a quantile of the loss.
type VaR struct {
	VaR float64 `json:"var"`
}

// InputError is a portfolio that has no risk figure.
type InputError struct{ Field, Reason, Allowed string }

func (e *InputError) Error() string {
	return fmt.Sprintf("%s: %s, allowed: %s", e.Field, e.Reason, e.Allowed)
}

// Evaluate estimates the risk of a portfolio. The error is an [*InputError]. Equal requests
// have equal reports: the sums are taken in the order of the positions and of the months.
func Evaluate(r Request) (Report, error) {
	if err := r.check(); err != nil {
		return Report{}, err
	}
	value, losses := 0.0, make([]float64, series().months)
	for _, p := range r.Positions {
		value += p.Value
		for month, change := range series().returns[p.Factor] {
			losses[month] -= p.Value * change
		}
	}
	scale := math.Sqrt(float64(r.HorizonMonths))
	simulated := historical(losses, r.Confidence)
	normal, corrected := parametric(losses, r.Confidence)
	return Report{
		Value:         rounded(value),
		Confidence:    r.Confidence,
		HorizonMonths: r.HorizonMonths,
		Observations:  len(losses),
		Historical:    Tail{VaR: rounded(scale * simulated.VaR), ES: rounded(scale * simulated.ES)},
		Normal:        Tail{VaR: rounded(scale * normal.VaR), ES: rounded(scale * normal.ES)},
		CornishFisher: VaR{VaR: rounded(scale * corrected)},
	}, nil
}

// rounded rounds to a millionth; adding 0 turns a negative zero into zero.
func rounded(amount float64) float64 { return math.Round(amount*1e6)/1e6 + 0 }

func (r Request) check() error {
	if n := len(r.Positions); n < 1 || n > MaxPositions {
		return &InputError{"positions", fmt.Sprintf("there are %d", n), fmt.Sprintf("1 to %d", MaxPositions)}
	}
	for i, p := range r.Positions {
		if _, known := series().returns[p.Factor]; !known {
			return &InputError{fmt.Sprintf("positions[%d].factor", i), fmt.Sprintf("%q is not known", cut(p.Factor)),
				fmt.Sprint("one of ", series().names)}
		}
		if !(math.Abs(p.Value) <= MaxValue) { // not a number is refused too
			return &InputError{fmt.Sprintf("positions[%d].value", i), fmt.Sprintf("%g is out of range", p.Value),
				fmt.Sprintf("%g to %g", -MaxValue, MaxValue)}
		}
	}
	if !(r.Confidence >= MinConfidence && r.Confidence <= MaxConfidence) {
		return &InputError{"confidence", fmt.Sprintf("%g is out of range", r.Confidence),
			fmt.Sprintf("%g to %g", MinConfidence, MaxConfidence)}
	}
	if r.HorizonMonths < 1 || r.HorizonMonths > MaxHorizon {
		return &InputError{"horizon_months", fmt.Sprintf("%d is out of range", r.HorizonMonths),
			fmt.Sprintf("1 to %d", MaxHorizon)}
	}
	return nil
}

// cut shortens a name of any length to what an error can quote.
func cut(name string) string {
	if len(name) <= maxQuoted {
		return name
	}
	end := maxQuoted
	for end > maxQuoted-utf8.UTFMax && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "…"
}
