package queueing

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// table reads a file of testdata without its header.
func table(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(rows), 1)
	return rows[1:]
}

func parse(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}

func TestErlangCIsExact(t *testing.T) {
	rows := table(t, "erlang_c_exact.csv")
	require.Len(t, rows, 112)
	for _, row := range rows {
		c, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		a := parse(t, row[1])
		q, err := NewMMC(c, a, 1)
		require.NoError(t, err)
		for i, got := range map[int]float64{
			2: q.Utilization(), 3: ErlangC(c, a), 4: q.MeanQueue(), 5: q.MeanWait(), 6: q.MeanResponse(),
		} {
			assert.InEpsilon(t, parse(t, row[i]), got, 1e-9, "c=%d a=%g column %d", c, a, i)
		}
	}
}

func TestPublishedQueues(t *testing.T) {
	for _, row := range table(t, "mmc_published.csv") {
		c, err := strconv.Atoi(row[2])
		require.NoError(t, err)
		q, err := NewMMC(c, parse(t, row[0]), 1/parse(t, row[1]))
		require.NoError(t, err)
		for i, got := range map[int]float64{3: q.WaitProbability(), 4: q.MeanQueue(), 5: q.MeanResponse()} {
			if row[i] != "" { // published to three digits after the point
				assert.InDelta(t, parse(t, row[i]), got, 1e-3, "%v", row)
			}
		}
	}
}

func TestErlangAtTheEdges(t *testing.T) {
	assert.Equal(t, 1.0, ErlangB(0, 3))
	assert.Zero(t, ErlangB(4, 0))
	assert.Zero(t, ErlangC(4, 0))
	assert.Equal(t, 1.0, ErlangC(4, 4), "a queue without end: everyone waits")
	for name, v := range map[string]float64{
		"negative servers": ErlangB(-1, 1), "too many": ErlangB(MaxServers+1, 1), "negative load": ErlangB(1, -1),
		"NaN": ErlangC(1, math.NaN()), "infinite": ErlangC(1, math.Inf(1)), "no server": ErlangC(0, 1),
	} {
		assert.True(t, math.IsNaN(v), name)
	}
}

// With many servers the offered load's distribution is Gaussian: C at a = c - β√c tends
// to the Halfin–Whitt function 1/(1 + βΦ(β)/φ(β)).
func TestErlangCOfManyServers(t *testing.T) {
	for _, beta := range []float64{0.5, 1, 2} {
		c := 1_000_000
		phi := math.Exp(-beta*beta/2) / math.Sqrt(2*math.Pi)
		cdf := math.Erfc(-beta/math.Sqrt2) / 2
		want := 1 / (1 + beta*cdf/phi)
		assert.InEpsilon(t, want, ErlangC(c, float64(c)-beta*math.Sqrt(float64(c))), 5e-3)
	}
	assert.Zero(t, ErlangC(MaxServers, 1), "underflows to nothing, not to NaN")
}

func TestSingleServerIsExponential(t *testing.T) {
	q, err := NewMMC(1, 60, 0.01) // the response time of M/M/1 is exponential with rate μ-λ
	require.NoError(t, err)
	for _, p := range []float64{0.5, 0.9, 0.99, 0.9999} {
		assert.InEpsilon(t, -math.Log(1-p)/40, q.ResponseQuantile(p), 1e-9)
	}
}

func TestTailHoldsWhereRatesMeet(t *testing.T) {
	// θ = cμ-λ equals μ at λ = (c-1)μ; the closed form divides by their difference.
	at := func(rate float64) float64 {
		q, err := NewMMC(4, rate, 1)
		require.NoError(t, err)
		return q.ResponseTail(7)
	}
	assert.InEpsilon(t, at(3), at(3+1e-9), 1e-7)
	assert.InEpsilon(t, at(3), at(3-1e-9), 1e-7)
}

func TestTailIntegratesToTheMean(t *testing.T) {
	for _, c := range []struct {
		servers int
		rate    float64
	}{{1, 0.5}, {4, 2.8}, {8, 7.9}, {64, 60}} {
		q, err := NewMMC(c.servers, c.rate, 1)
		require.NoError(t, err)
		end, step, sum := q.ResponseQuantile(1-1e-12), 0.0, 0.0
		const n = 200_000
		step = end / n
		for i := range n { // midpoint rule
			sum += q.ResponseTail((float64(i)+0.5)*step) * step
		}
		assert.InEpsilon(t, q.MeanResponse(), sum, 1e-5, "%+v", c)
		assert.InEpsilon(t, q.MeanInSystem(), q.MeanQueue()+c.rate, 1e-12,
			"Little: in the system = waiting + in service")
	}
}

func TestQuantileAgainstSimulation(t *testing.T) {
	const c, rate, n = 4, 2.8, 400_000
	r := rand.New(rand.NewPCG(1, 2))
	free, now := make([]float64, c), 0.0
	responses := make([]float64, n)
	for i := range responses {
		now += r.ExpFloat64() / rate
		k := 0
		for j := range free {
			if free[j] < free[k] {
				k = j
			}
		}
		free[k] = max(now, free[k]) + r.ExpFloat64()
		responses[i] = free[k] - now
	}
	slices.Sort(responses)
	q, err := NewMMC(c, rate, 1)
	require.NoError(t, err)
	for _, p := range []float64{0.5, 0.9, 0.99} {
		assert.InEpsilon(t, responses[int(p*n)], q.ResponseQuantile(p), 0.02, "p%g", p*100)
	}
}

func TestMaxRateIsWhereTheQuantileMeetsTheBound(t *testing.T) {
	for _, c := range []int{1, 4, 8, 100} {
		rate, err := MaxRate(c, 0.007, 0.99, 0.1)
		require.NoError(t, err)
		q, err := NewMMC(c, rate, 0.007)
		require.NoError(t, err)
		assert.InEpsilon(t, 0.1, q.ResponseQuantile(0.99), 1e-6)
	}
	rate, err := MaxRate(8, 0.1, 0.99, 0.1) // p99 of service alone is 460 ms
	require.NoError(t, err)
	assert.Zero(t, rate)
	_, err = MaxRate(8, 0.1, 1, 0.1)
	assert.ErrorContains(t, err, "allowed is")
}

func TestUnstableQueue(t *testing.T) {
	q, err := NewMMC(2, 2, 1)
	require.NoError(t, err)
	assert.False(t, q.Stable())
	assert.True(t, math.IsInf(q.ResponseQuantile(0.99), 1))
	assert.True(t, math.IsInf(q.MeanResponse(), 1))
	assert.Equal(t, 1.0, q.ResponseTail(1e9))
	assert.True(t, math.IsNaN(q.ResponseQuantile(1)))
}

func TestBadQueues(t *testing.T) {
	for _, c := range []struct {
		servers       int
		rate, service float64
		want          string
	}{
		{0, 1, 1, "servers 0"}, {MaxServers + 1, 1, 1, "servers 1000001"}, {1, -1, 1, "arrival rate -1"},
		{1, math.NaN(), 1, "arrival rate NaN"}, {1, 1, 0, "service time 0"}, {1, 1, math.Inf(1), "service time +Inf"},
	} {
		_, err := NewMMC(c.servers, c.rate, c.service)
		assert.ErrorContains(t, err, c.want)
	}
}

func TestLaws(t *testing.T) {
	assert.InEpsilon(t, 0.008, Demand(0.6, 1, 75), 1e-12)
	assert.InEpsilon(t, 35, Busy(5000, 0.007), 1e-12)
	assert.InEpsilon(t, 600, Throughput(0.75, 8, 0.01), 1e-12)
	assert.InEpsilon(t, 500, Little(5000, 0.1), 1e-12)
	assert.InEpsilon(t, 100, ForcedFlow(0.02, 5000), 1e-12)
}
