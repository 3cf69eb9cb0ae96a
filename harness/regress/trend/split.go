package trend

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// candidate is the best split of a stretch of a series.
type candidate struct {
	series   int
	from, to int // the stretch
	at       int // first data point of the later part
	p        float64
	parent   *candidate // the split that made the stretch; nil for the whole series
}

// within reports whether the split that made the candidate's stretch was found.
func (c *candidate) within(found []*candidate) bool {
	return c.parent == nil || slices.Contains(found, c.parent)
}

// Permutations of a split: as many as it takes to see it beaten so often, at most all. A
// split that chance explains is dropped after a few dozen (Besag and Clifford, Sequential
// Monte Carlo p-values, Biometrika 78 (1991), 301–304).
const (
	permutations = 20_000
	beaten       = 15
	// split further only where the split is at all likely to be one
	worthSplitting = 0.01
)

// splits are the best split of a series and, where chance explains it badly, those of its
// two parts, and so on.
func splits(series int, values []float64, o Options) []*candidate {
	r := random(o.Seed, series)
	rho := stats.Correlation(values)
	var all []*candidate
	var search func(from, to int, parent *candidate)
	search = func(from, to int, parent *candidate) {
		if to-from < 2*o.Side {
			return
		}
		ranks := stats.Ranks(values[from:to])
		k, statistic := stats.Split(ranks, o.Side)
		c := &candidate{series: series, from: from, to: to, at: from + k, parent: parent}
		c.p = min(chance(r, ranks, statistic, rho, o), separated(values[from:c.at], values[c.at:to], rho))
		all = append(all, c)
		if c.p <= worthSplitting {
			search(from, c.at, c)
			search(c.at, to, c)
		}
	}
	search(0, len(values), nil)
	return all
}

// chance is how often a shuffled series has as clear a split. Blocks of neighbouring data points
// stay together, from a random start.
func chance(r *rand.Rand, ranks []float64, statistic, rho float64, o Options) float64 {
	n := len(ranks)
	block := blockOf(o.Block, n, rho)
	blocks := make([]int, (n+block-1)/block)
	shuffled := make([]float64, n)
	exceeded := 0
	for i := 1; i <= permutations; i++ {
		for b := range blocks {
			blocks[b] = b
		}
		r.Shuffle(len(blocks), func(a, b int) { blocks[a], blocks[b] = blocks[b], blocks[a] })
		start, at := r.IntN(n), 0
		for _, b := range blocks {
			for j := b * block; j < min(n, (b+1)*block); j++ {
				from := j + start
				if from >= n {
					from -= n
				}
				shuffled[at] = ranks[from]
				at++
			}
		}
		if _, z := stats.Split(shuffled, o.Side); z >= statistic-1e-12 {
			if exceeded++; exceeded == beaten {
				return float64(exceeded) / float64(i)
			}
		}
	}
	return float64(exceeded+1) / float64(permutations+1)
}

// discoveries is the largest p that counts as a change: p(k) ≤ k/n · rate over the splits of
// whole series, of which there is one for each series that was judged.
func discoveries(candidates []*candidate, judged int, rate float64) float64 {
	var ps []float64
	for _, c := range candidates {
		if c.parent == nil {
			ps = append(ps, c.p)
		}
	}
	return max(stats.Discoveries(ps, judged, rate), floor(judged, rate, ps))
}

// floor lets one split with the smallest p that permutations can tell count, where so many
// series are judged that rate/n lies below it.
func floor(judged int, rate float64, ps []float64) float64 {
	smallest := 1 / float64(permutations+1)
	if rate/float64(judged) >= smallest || len(ps) == 0 || slices.Min(ps) > smallest {
		return math.Inf(-1)
	}
	return smallest
}

// reach is how far from where ranks split a stretch best the change may lie, in data points.
const reach = 10

// place moves each change to where the two levels fit best: to the smallest sum of the distances from
// the medians of the two sides. Ranks tell that there is a change better than where it is.
//
// It returns the changes that have their data points: one that fits best nearer to an end is not yet one.
func place(values []float64, found []*candidate, side int) (kept []*candidate) {
	for i, c := range found {
		from, to := 0, len(values)
		if i > 0 {
			from = found[i-1].at
		}
		if i+1 < len(found) {
			to = found[i+1].at
		}
		at, least := c.at, math.Inf(1)
		for k := max(from+1, c.at-reach); k <= min(to-1, c.at+reach); k++ {
			if d := stats.Distances(values[from:k]) + stats.Distances(values[k:to]); d < least {
				at, least = k, d
			}
		}
		c.at = at
		if at-from >= side && to-at >= side {
			kept = append(kept, c)
		}
	}
	return kept
}

// blockOf is the length of the blocks that are shuffled: at least the one asked for, and longer
// where noise lasts (Carlstein, Ann. Statist. 14 (1986), 1171–1179).
func blockOf(least, n int, rho float64) int {
	optimal := math.Pow(math.Sqrt(6)*rho/(1-rho*rho), 2.0/3) * math.Cbrt(float64(n))
	return max(least, int(math.Ceil(optimal)))
}

// plain is from how many standard errors on two levels are so plainly apart that no shuffling
// has to show it.
const plain = 5

// separated is the chance of two levels so far apart, for those that are plainly so, and 1 for
// all others: by the normal approximation for two means, with robust levels and spread, their
// number of data points cut to what it is worth when noise lasts, and for every place at which the
// split could have been. Few data points can be put in too few orders for shuffling to tell.
func separated(before, after []float64, rho float64) float64 {
	level := stats.Median(before)
	shift := math.Abs(stats.Median(after) - level)
	spread := max(stats.Deviation(before), stats.Deviation(after))
	if shift == 0 || spread == 0 && len(before)+len(after) < 10 {
		return 1
	}
	spread = max(spread, 0.001*level) // values that repeat themselves have none
	worth := (1 + rho) / (1 - rho)
	se := 1.2533 * spread * math.Sqrt(worth*(1/float64(len(before))+1/float64(len(after))))
	if z := shift / se; z >= plain {
		return max(1e-9, min(1, float64(len(before)+len(after))*2*distuv.UnitNormal.Survival(z)))
	}
	return 1
}
