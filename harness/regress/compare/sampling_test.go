package compare

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/effort"
)

// bench stands for two builds whose CPU per request varies with a standard deviation, by phase, and for the clock.
type bench struct {
	r      *rand.Rand
	sd     map[int]float64
	head   float64       // over the base
	each   time.Duration // a run of one phase
	now    time.Duration
	orders []string // the side that goes first, by pair
	runs   map[int]int
}

func newBench(sd map[int]float64) *bench {
	return &bench{r: rand.New(rand.NewPCG(11, 1)), sd: sd, head: 1, each: time.Second, runs: map[int]int{}}
}

func (b *bench) clock() time.Duration { return b.now }

func (b *bench) measure(_, first int, phases []int) (texts [2][]byte, err error) {
	b.orders = append(b.orders, Sides[first])
	for side := range texts {
		texts[side] = b.run(side, phases)
	}
	return texts, nil
}

func (b *bench) run(side int, phases []int) []byte {
	var text strings.Builder
	text.WriteString("Unit cpu-ns/req better=lower\n")
	for _, phase := range phases {
		b.now += b.each
		b.runs[phase]++
		value := 200_000 * math.Exp(b.sd[phase]*b.r.NormFloat64())
		if side == 1 {
			value *= b.head
		}
		fmt.Fprintf(&text, "BenchmarkPhase/phase=%d/workers=4/rate=100 300 %v cpu-ns/req 7 req/s\n", phase, value)
	}
	return []byte(text.String())
}

func TestPairsAreAddedToThePhasesThatAreTooWide(t *testing.T) {
	b := newBench(map[int]float64{1: 0.002, 2: 0.03})
	p, err := Sampling{Unit: "cpu-ns/req", Phases: []int{1, 2}, Least: 4, Within: 0.03, Budget: time.Hour}.Make(b.clock,
		b.measure)
	require.NoError(t, err)
	require.Len(t, p.Widths, 2)
	assert.Equal(t, LeastNarrowed, p.Widths[0].Pairs)
	assert.Greater(t, p.Widths[1].Pairs, LeastNarrowed)
	for _, w := range p.Widths {
		assert.Equal(t, 2*w.Pairs, b.runs[w.Phase], "a phase that is narrow enough is not run on")
		assert.LessOrEqual(t, w.Half, 0.03)
		assert.Positive(t, w.Half)
		assert.Zero(t, w.More)
	}
	assert.False(t, p.Spent)
	for i, order := range b.orders {
		assert.Equal(t, Sides[i%2], order, "the side that goes first in pair %d", i+1)
	}

	all, _, err := Read(p.Base, p.Head)
	require.NoError(t, err)
	r := Judge(all, Options{Paired: true, Narrowed: true})
	for _, c := range r.Changes {
		if c.Unit == "cpu-ns/req" {
			assert.Len(t, c.Base, p.Widths[map[bool]int{true: 1}[strings.Contains(c.Benchmark, "phase=2")]].Pairs)
			assert.LessOrEqual(t, math.Sqrt(c.High/c.Low), 1.03+1e-9, "what is shown is what was asked for")
		}
	}
}

func TestPairsDoNotDependOnTheDifference(t *testing.T) {
	made := map[float64]int{}
	for _, head := range []float64{1, 1.04, 2} {
		b := newBench(map[int]float64{3: 0.05})
		b.head = head
		p, err := Sampling{Unit: "cpu-ns/req", Phases: []int{3}, Within: 0.03}.Make(b.clock, b.measure)
		require.NoError(t, err)
		made[head] = p.Widths[0].Pairs
	}
	assert.Equal(t, map[float64]int{1: made[1], 1.04: made[1], 2: made[1]}, made)
}

func TestTheBudgetEndsThePairs(t *testing.T) {
	b := newBench(map[int]float64{1: 0.3, 2: 0.3})
	p, err := Sampling{Unit: "cpu-ns/req", Phases: []int{1, 2}, Least: 8, Within: 0.01, Budget: 42 * time.Second}.Make(
		b.clock, b.measure,
	)
	require.NoError(t, err)
	assert.True(t, p.Spent)
	assert.LessOrEqual(t, b.now, 42*time.Second)
	for _, w := range p.Widths {
		assert.Equal(t, 10, w.Pairs, "pairs of four seconds in 42")
		assert.Greater(t, w.More, 100)
	}
	b = newBench(map[int]float64{1: 0.3})
	p, err = Sampling{Unit: "cpu-ns/req", Phases: []int{1}, Least: 8, Within: 0.01, Budget: 5 * time.Second}.Make(
		b.clock, b.measure,
	)
	require.NoError(t, err)
	assert.True(t, p.Spent)
	assert.Equal(t, []Width{{Phase: 1, Pairs: 2, More: LeastNarrowed - 2}}, p.Widths)
}

func TestAsManyPairsAsAskedForWhereNoWidthIs(t *testing.T) {
	b := newBench(map[int]float64{1: 0.3})
	p, err := Sampling{Unit: "cpu-ns/req", Phases: []int{1}, Least: 7}.Make(b.clock, b.measure)
	require.NoError(t, err)
	assert.Equal(t, 14, b.runs[1])
	assert.Equal(t, 7, p.Widths[0].Pairs)
	assert.Zero(t, p.Widths[0].More)
	assert.False(t, p.Spent)

	p, err = Sampling{Unit: "cpu-ns/req", Phases: []int{5}, Within: 0.03}.Make(b.clock,
		func(int, int, []int) ([2][]byte, error) {
			one := []byte("BenchmarkPhase/phase=5/rate=1 1 7 req/s\n")
			return [2][]byte{one, one}, nil
		})
	require.NoError(t, err)
	assert.Len(t, p.Base, LeastNarrowed, "nothing to be narrowed")
	assert.Equal(t, []Width{{Phase: 5}}, p.Widths)

	_, err = Sampling{Unit: "cpu-ns/req", Phases: []int{5}, Least: 4}.Make(b.clock,
		func(int, int, []int) (none [2][]byte, err error) { return none, errors.New("broken") })
	assert.EqualError(t, err, "broken")
}

// logRatio draws the logarithm of a ratio with a standard deviation: normal, or of Student's distribution with four
// degrees of freedom, which has long tails.
func logRatio(r *rand.Rand, sd float64, long bool) float64 {
	x := r.NormFloat64()
	if !long {
		return sd * x
	}
	squares := 0.0
	for range 4 {
		squares += square(r.NormFloat64())
	}
	return sd * x / math.Sqrt(squares/4) / math.Sqrt2
}

// TestNarrowIntervalsHoldTheTruth is why [narrowedLevel] is what it is.
func TestNarrowIntervalsHoldTheTruth(t *testing.T) {
	effort.NoGoroutines(t)
	times := effort.Of(300, 300, 10_000)
	slack := 3 * math.Sqrt(0.95*0.05/float64(times)) // of the share that is counted
	for _, long := range []bool{false, true} {
		for _, sd := range []float64{0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1} {
			r, held, made := rand.New(rand.NewPCG(12, uint64(1000*sd))), 0, 0
			for range times {
				if holds(r, sd, long, &made) {
					held++
				}
			}
			share := float64(held) / float64(times)
			t.Logf("long tails %v, standard deviation %.2f: held %.3f, pairs %.1f", long, sd, share,
				float64(made)/float64(times))
			assert.GreaterOrEqual(t, share, 0.948-slack, "long tails %v, standard deviation %v", long, sd)
		}
	}
}

// holds makes pairs of two like builds and reports whether their interval holds 1.
func holds(r *rand.Rand, sd float64, long bool, made *int) bool {
	s := Sampling{Unit: "cpu-ns/req", Phases: []int{1}, Least: LeastNarrowed, Within: 0.03}
	logs := map[int][]float64{}
	for pair := 0; len(s.wanting(pair, logs)) > 0; pair++ {
		logs[1] = append(logs[1], logRatio(r, sd, long))
	}
	*made += len(logs[1])
	series := Series{Unit: "cpu-ns/req"}
	for _, log := range logs[1] {
		series.Base, series.Head = append(series.Base, 1), append(series.Head, math.Exp(log))
	}
	c := Judge([]Series{series}, Options{Paired: true, Narrowed: true}).Changes[0]
	return c.Low <= 1 && 1 <= c.High
}

// TestMorePairsTell holds the estimate against what so many pairs then tell.
func TestMorePairsTell(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	asked, told := 0, 0
	for range effort.Of(300, 500, 10_000) {
		ratio := []float64{1, 1.02, 1.12}[r.IntN(3)]
		s := pairs(r, 8, ratio, 0.05)
		c := Judge([]Series{s}, Options{Paired: true}).Changes[0]
		if c.Outcome != CannotTell {
			assert.Zero(t, c.More)
			continue
		}
		require.Positive(t, c.More)
		assert.Contains(t, c.Why, fmt.Sprintf("about %d more pairs would tell", c.More))
		if c.More > 100 {
			continue
		}
		further := pairs(r, c.More, ratio, 0.05)
		s.Base, s.Head = append(s.Base, further.Base...), append(s.Head, further.Head...)
		asked++
		if Judge([]Series{s}, Options{Paired: true}).Changes[0].Outcome != CannotTell {
			told++
		}
	}
	t.Logf("told %d of %d", told, asked)
	assert.Greater(t, float64(told)/float64(asked), 0.4, "about")

	alone := Judge([]Series{{Base: noisy(r, 6, 100, 0.3), Head: noisy(r, 6, 100, 0.3)}}, Options{}).Changes[0]
	assert.Zero(t, alone.More, "no pairs")
	few := Judge([]Series{{Base: []float64{1}, Head: []float64{2}}}, Options{Paired: true}).Changes[0]
	assert.Equal(t, MinRuns-1, few.More)
}
