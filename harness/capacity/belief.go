package capacity

import "math"

// belief is what is known of the capacity: a probability for each of many capacities,
// evenly spaced in their logarithm, and for each of a few sharpnesses of the knee.
//
// A run at rate r of a system of capacity C meets its bounds with the chance
//
//	P(met) = lapse + (1 - 2·lapse) / (1 + (r/C)^(1/s))
//
// so that runs are reliable far from the capacity and a coin's throw at it. s is the width
// of the knee as a share of the rate, which the search learns too. Choosing the next
// rate at the median is the probabilistic bisection of Horstein, Sequential transmission using
// noiseless feedback, IEEE Trans. Inf. Theory 9 (1963), 136–143; see Waeber, Frazier and
// Henderson, Bisection search with noisy responses, SIAM J. Control Optim. 51 (2013), 2261–2279.
type belief struct {
	least, step float64 // logarithms
	lapse       float64
	weights     [][]float64 // by sharpness, by capacity; they add up to 1
}

// knees are the widths of the knee that are thought possible, all alike at first.
var knees = []float64{0.005, 0.02, 0.05, 0.1}

// beyond is how far outside of the rates that may be tried a capacity may lie.
const beyond = 4

func newBelief(c Config) *belief {
	b := &belief{least: math.Log(c.Least / beyond), lapse: c.Lapse}
	span := math.Log(c.Most*beyond) - b.least
	n := int(math.Ceil(span/(c.Resolution/12))) + 1
	b.step = span / float64(n-1)
	for range knees {
		row := make([]float64, n)
		for i := range row {
			row[i] = 1 / float64(n*len(knees))
		}
		b.weights = append(b.weights, row)
	}
	return b
}

// learn takes the outcome of a run into account, by Bayes' rule.
func (b *belief) learn(rate float64, met bool) {
	at, sum := math.Log(rate), 0.0
	for k, row := range b.weights {
		for i := range row {
			p := b.lapse + (1-2*b.lapse)/(1+math.Exp((at-b.logOf(i))/knees[k]))
			if !met {
				p = 1 - p
			}
			row[i] *= p
			sum += row[i]
		}
	}
	for _, row := range b.weights {
		for i := range row {
			row[i] /= sum // at least lapse^runs, which does not underflow
		}
	}
}

func (b *belief) logOf(i int) float64 { return b.least + float64(i)*b.step }

// quantile is the rate that the capacity does not exceed with the chance p.
func (b *belief) quantile(p float64) float64 {
	sum := 0.0
	for i := range b.weights[0] {
		here := b.at(i)
		if sum+here >= p && here > 0 {
			// Within a step the chance is spread evenly about its middle.
			return math.Exp(b.logOf(i) + ((p-sum)/here-0.5)*b.step)
		}
		sum += here
	}
	return math.Exp(b.logOf(len(b.weights[0]) - 1))
}

// above is the chance that the capacity is at least the rate.
func (b *belief) above(rate float64) float64 {
	sum := 0.0
	for i := range b.weights[0] {
		if b.logOf(i) >= math.Log(rate) {
			sum += b.at(i)
		}
	}
	return sum
}

func (b *belief) at(i int) float64 {
	sum := 0.0
	for _, row := range b.weights {
		sum += row[i]
	}
	return sum
}
