package stats

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// drawn are n normal values about 100 with a standard deviation.
func drawn(r *rand.Rand, n int, sd float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = 100 + sd*r.NormFloat64()
	}
	return all
}

func TestTheMiddle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := 1; n < 40; n++ {
		values := drawn(r, n, 5)
		kept := slices.Clone(values)
		sorted := slices.Sorted(slices.Values(values))
		want := (stat.Quantile(0.5, stat.Empirical, sorted, nil) + sorted[n/2]) / 2
		assert.InDelta(t, want, Median(values), 1e-9, "n = %d", n)
		assert.InDelta(t, stat.Mean(values, nil), Mean(values), 1e-9)
		if n > 1 {
			assert.InDelta(t, stat.StdDev(values, nil)/stat.Mean(values, nil), Variation(values), 1e-9)
		}
		assert.Equal(t, kept, values, "the values stay in their order")
	}
	assert.Zero(t, Median(nil))
	assert.Zero(t, Mean(nil))
	assert.Equal(t, math.MaxFloat64, Median([]float64{math.MaxFloat64, math.MaxFloat64}))
	for _, none := range [][]float64{nil, {3}, {-1, 1}, {0.1, 0.1, 0.1}} {
		assert.Zero(t, Variation(none))
	}
	assert.InDelta(t, Variation([]float64{1, 2}), Variation([]float64{-1, -2}), 1e-12)
}

func TestDeviationIsThatOfNormalValuesAndIgnoresOutliers(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	values := drawn(r, 20_000, 3)
	assert.InEpsilon(t, 3, Deviation(values), 0.03)
	for i := range 2000 {
		values[i] = 1e6
	}
	assert.InEpsilon(t, 3, Deviation(values), 0.2)
	assert.Equal(t, 1.4826, Deviation([]float64{1, 1, 2, 2, 4, 6, 9})) // median 2, distances 0 0 1 1 2 4 7
	assert.Equal(t, 5.0, Distances([]float64{1, 2, 6}))
}

func TestNoiseIsThatOfNeighboursAndNotOfSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	values := drawn(r, 10_000, 2)
	assert.InEpsilon(t, 0.02, Noise(values), 0.05)
	for i := range values[:5000] {
		values[i] *= 2
	}
	assert.InDelta(t, 0.02, Noise(values), 0.005)
	assert.Zero(t, Noise([]float64{1}))
}

func TestCorrelationOfAnAutoregressiveSeries(t *testing.T) {
	for _, rho := range []float64{0, 0.3, 0.5} {
		r := rand.New(rand.NewPCG(4, uint64(rho*10)))
		values, before := make([]float64, 50_000), 0.0
		for i := range values {
			before = rho*before + r.NormFloat64()
			values[i] = before
		}
		assert.InDelta(t, rho, Correlation(values), 0.05)
	}
	assert.Zero(t, Correlation([]float64{1, 2, 3}))
	assert.Zero(t, Correlation([]float64{1, 1, 1, 1, 1}))
}

func TestRanksShareWhatIsEqual(t *testing.T) {
	assert.Equal(t, []float64{3, 1, 4.5, 2, 4.5}, Ranks([]float64{5, 1, 9, 3, 9}))
	assert.Empty(t, Ranks(nil))
	for _, row := range []struct {
		q    float64
		n    uint64
		want uint64
	}{
		{0, 10, 1}, {1, 10, 10}, {0.5, 10, 5}, {0.5, 11, 6}, {0.55, 100, 55}, {0.95, 131, 125}, {0.99, 100, 99},
		{0.99, 101, 100}, {0.999, 1000, 999}, {0.999, 10, 10}, {1, 1, 1}, {0.07, 100, 7}, {0.9999, 1e12, 999900000000},
	} {
		assert.Equal(t, row.want, NearestRank(row.q, row.n), "%v of %d", row.q, row.n)
	}
}

func TestWhereRanksSplit(t *testing.T) {
	at, k := Pettitt([]float64{1, 2, 3, 4, 5, 6})
	assert.Equal(t, 3, at)
	assert.Equal(t, 9.0, k)
	at, z := Split([]float64{1, 2, 3, 4, 5, 6}, 2)
	assert.Equal(t, 3, at)
	assert.InDelta(t, 4.5*4.5/9, z, 1e-12)
	// A step near the end, which the plain statistic weighs less.
	ranks := Ranks([]float64{5, 3, 8, 4, 2, 7, 1, 6, 20, 21})
	at, _ = Split(ranks, 2)
	assert.Equal(t, 8, at)
	at, _ = Pettitt(ranks)
	assert.Equal(t, 7, at)
}

func TestKendallCountsOrders(t *testing.T) {
	assert.InEpsilon(t, 1.0/120, Inversions(5, 0), 1e-12)
	assert.InEpsilon(t, 5.0/120, Inversions(5, 1), 1e-12) // 1 + 4
	assert.InEpsilon(t, 6.0/720, Inversions(6, 1), 1e-12)
	assert.InEpsilon(t, 1, Inversions(6, 15), 1e-12)
	assert.InEpsilon(t, 0.5, Inversions(3, 1), 1e-12) // Mahonian numbers 1, 2, 2, 1
	// The normal approximation comes near to the exact chance, which it doubles for both ways.
	rising := []float64{4, 3, 2, 1, 8, 7, 6, 5, 9, 10}
	assert.InDelta(t, 0.036, Inversions(10, 12), 0.0005, "Kendall's table: 10 values, S = 21")
	assert.InDelta(t, 2*Inversions(10, 12), Trend(rising), 0.005)
	assert.Equal(t, 1.0, Trend([]float64{1, 1, 1}))
	assert.Equal(t, 2.0, Slope([]float64{1, 3, 5, 7, 90}))
	assert.Zero(t, Slope([]float64{4}))
}

func TestSignIsTheBinomialDistribution(t *testing.T) {
	for n := range 40 {
		for d := range n + 1 {
			got, _ := Sign(n, d).Float64()
			assert.InDelta(t, distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(d)), got, 1e-9, "%d of %d", d, n)
		}
	}
	assert.Zero(t, Sign(6, 1).Cmp(big.NewRat(7, 64)))
}

// TestRankSum holds the chances against the table of Mann and Whitney: of 4 and 4 values the
// two orders that part them fully are 2 of 70.
func TestRankSum(t *testing.T) {
	assert.InDelta(t, 2.0/70, RankSum([]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}), 1e-9)
	assert.InDelta(t, 2.0/924, RankSum([]float64{1, 2, 3, 4, 5, 6}, []float64{7, 8, 9, 10, 11, 12}), 1e-9)
	assert.Equal(t, 1.0, RankSum(nil, nil))
}

// TestDiscoveries is the example of Benjamini and Hochberg, section 3.2: of 15 tests 4 count at 5 %, where
// the correction of Bonferroni finds 3.
func TestDiscoveries(t *testing.T) {
	ps := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
		0.6528, 0.7590, 1}
	rand.New(rand.NewPCG(5, 1)).Shuffle(len(ps), func(i, j int) { ps[i], ps[j] = ps[j], ps[i] })
	threshold := Discoveries(ps, len(ps), 0.05)
	found := 0
	for _, p := range ps {
		if p <= threshold {
			found++
		}
	}
	assert.Equal(t, 4, found)
	assert.Negative(t, Discoveries([]float64{0.5}, 1, 0.05))
	assert.Negative(t, Discoveries(nil, 0, 0.05))
	assert.Negative(t, Discoveries([]float64{0.04}, 10, 0.05), "tests that are not listed count, too")
}

// TestShare holds the interval against the table of Newcombe (Statist. Med. 17 (1998), 857–872, table I, method 3).
func TestShare(t *testing.T) {
	for _, row := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		low, high := Share(row.k, row.n)
		assert.InDelta(t, row.low, low, 0.0001, "%d of %d", row.k, row.n)
		assert.InDelta(t, row.high, high, 0.0001, "%d of %d", row.k, row.n)
	}
}

func TestTheRatioHasTheTruthInItsInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	held := 0
	const times = 400
	for range times {
		base, head := drawn(r, 8, 5), drawn(r, 8, 5)
		for i := range head {
			head[i] *= 1.1
		}
		center, low, high := Ratio(base, head)
		assert.True(t, low <= center && center <= high)
		if low <= 1.1 && 1.1 <= high {
			held++
		}
	}
	assert.InDelta(t, 0.95, float64(held)/times, 0.03)
	for _, row := range [][2][]float64{{{0, 1}, {1, 1}}, {{1}, {-1}}, {nil, {1}}, {nil, nil}} {
		center, low, high := Ratio(row[0], row[1])
		assert.Zero(t, center)
		assert.Zero(t, low)
		assert.Zero(t, high)
	}
}

// TestPairedT is Student's own example, the sleep that one drug gives more than another (Biometrika 6 (1908), 20).
func TestPairedT(t *testing.T) {
	assert.InDelta(t, 0.002833, PairedT([]float64{1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4}), 1e-6)
	assert.Equal(t, 1.0, PairedT([]float64{3}))
	assert.Equal(t, 1.0, PairedT([]float64{-1, 1}))
	assert.Zero(t, PairedT([]float64{2, 2, 2}))
}

// TestPairsToTell is the usual size of a sample: (1.96 × 1.23 / 1.58)².
func TestPairsToTell(t *testing.T) {
	sleep := []float64{1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4}
	assert.InDelta(t, 2.33, PairsToTell(sleep, 0.05), 0.01)
	assert.Equal(t, math.Inf(1), PairsToTell([]float64{-1, 1}, 0.05))
	assert.Zero(t, PairsToTell([]float64{3}, 0.05))
}

// TestSignedRank holds the sums against the table of Wilcoxon for 5 %, either way.
func TestSignedRank(t *testing.T) {
	for i, want := range []int{0, 2, 3, 5, 8, 10, 13, 17, 21, 25, 29, 34, 40, 46, 52} {
		assert.Equal(t, want, signedRank(6+i, 0.025), "%d pairs", 6+i)
	}
	for n := 1; n < 6; n++ {
		assert.Zero(t, signedRank(n, 0.025))
	}
}

// TestThePairedRatio is example 3.1 of Hollander and Wolfe: nine patients before and after a tranquilizer.
func TestThePairedRatio(t *testing.T) {
	before := []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	for i := range before {
		before[i], after[i] = math.Exp(before[i]), math.Exp(after[i])
	}
	center, low, high := PairedRatio(before, after, 0.95)
	assert.InDelta(t, -0.46, math.Log(center), 1e-9)
	assert.InDelta(t, -0.786, math.Log(low), 1e-3)
	assert.InDelta(t, -0.010, math.Log(high), 1e-3)
	for _, row := range [][2][]float64{{{0, 1}, {1, 1}}, {{1}, {-1}}, {nil, {1}}, {nil, nil}, {{1, 2}, {1}}} {
		center, low, high := PairedRatio(row[0], row[1], 0.95)
		assert.Zero(t, center)
		assert.Zero(t, low)
		assert.Zero(t, high)
	}
	_, low, high = PairedRatio([]float64{1, 1, 1, 1}, []float64{1, 2, 3, 4}, 0.95)
	assert.InDelta(t, 1, low, 1e-12, "four pairs: all that they show")
	assert.InDelta(t, 4, high, 1e-12)
}
