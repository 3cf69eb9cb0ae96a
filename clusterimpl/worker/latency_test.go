package worker

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestEveryValueIsInABucketThatHoldsIt(t *testing.T) {
	for _, us := range []uint64{0, 1, 63, 64, 65, 127, 128, 1000, 1023, 1024, 60_000_000, 1<<36 - 1} {
		b := bucketOf(us)
		assert.LessOrEqual(t, us, upperBound(b), "%d", us)
		assert.LessOrEqual(t, float64(upperBound(b)), float64(us)*1.032+1, "%d: within 3.2 %%", us)
		if b > 0 {
			assert.Less(t, upperBound(b-1), us, "%d is in no smaller bucket", us)
		}
	}
	assert.Equal(t, bucketCount-1, bucketOf(math.MaxUint64))
}

func TestQuantilesAreThoseOfTheValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var l latencies
	var values []float64
	for range 10_000 {
		d := time.Duration(rng.ExpFloat64() * float64(5*time.Millisecond)).Truncate(time.Microsecond)
		values = append(values, float64(d.Microseconds())/1000)
		l.record(d)
	}
	slices.Sort(values)
	q := l.quantiles(0, 0.5, 0.99, 1)
	for i, at := range []int{0, 4999, 9899, 9999} {
		assert.GreaterOrEqual(t, q[i], values[at])
		assert.LessOrEqual(t, q[i], values[at]*1.032+0.001)
	}
}

func TestQuantilesOfNothingAreZero(t *testing.T) {
	var l latencies
	assert.Equal(t, []float64{0, 0}, l.quantiles(0.5, 0.99))
	l.record(-time.Second)
	assert.Equal(t, []float64{0}, l.quantiles(0.5), "a clock that went back counts as no time")
}
