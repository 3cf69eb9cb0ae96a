package load

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counted counts those of a schedule in [from,to), and checks that At never falls.
func counted(t *testing.T, s Schedule, from, to time.Duration) (n int) {
	t.Helper()
	var before time.Duration
	for i := uint64(0); ; i++ {
		at := s.At(i)
		require.GreaterOrEqual(t, at, before, "arrival %d", i)
		if before = at; at == Never {
			return n
		}
		if at >= from && at < to {
			n++
		}
	}
}

func TestAShapeHoldsTheIntegralOfItsRate(t *testing.T) {
	s := time.Second
	for name, row := range map[string]struct {
		pieces []Piece
		want   []int // arrivals in each second
	}{
		"a ramp from nothing": {[]Piece{{4 * s, 0, 400}}, []int{50, 150, 250, 350}},
		"a ramp to nothing":   {[]Piece{{4 * s, 400, 0}}, []int{350, 250, 150, 50}},
		"steps":               {[]Piece{{s, 10, 10}, {2 * s, 30, 30}, {s, 20, 20}}, []int{10, 30, 30, 20}},
		"a spike":             {[]Piece{{s, 10, 10}, {s / 2, 1000, 1000}, {3 * s / 2, 10, 10}}, []int{10, 505, 10}},
		"a rate that stays":   {[]Piece{{3 * s, 7, 7}}, []int{7, 7, 7}},
		"a part without any":  {[]Piece{{s, 5, 5}, {s, 0, 0}, {s, 5, 5}}, []int{5, 0, 5}},
		"one arrival":         {[]Piece{{s, 1, 1}}, []int{1}},
		"a part of no length": {[]Piece{{0, 1e9, 1e9}, {s, 3, 3}}, []int{3}},
	} {
		t.Run(name, func(t *testing.T) {
			shaped := Shaped(row.pieces...)
			require.NoError(t, shaped.(interface{ valid() error }).valid())
			total := 0
			for i, want := range row.want {
				total += want
				assert.InDelta(t, want, counted(t, shaped, time.Duration(i)*s, time.Duration(i+1)*s), 1, "second %d",
					i+1)
			}
			assert.Equal(t, total, counted(t, shaped, 0, Never))

			poisson := ShapedPoisson(1, row.pieces)
			assert.Equal(t, total, counted(t, poisson, 0, Never), "the count is given")
		})
	}
}

func TestAShapeIsAsConstantWhereItsRateStays(t *testing.T) {
	shaped, constant := Shaped(Piece{10 * time.Second, 300, 300}), Constant(300)
	for i := range uint64(3000) {
		assert.InDelta(t, constant.At(i), shaped.At(i), 1, "arrival %d, in nanoseconds", i)
	}
	assert.Equal(t, Never, shaped.At(3000))
}

func TestPoissonArrivalsFollowTheShape(t *testing.T) {
	s := time.Second
	warmup, window := []Piece{{s, 100, 100}}, []Piece{{10 * s, 0, 2000}}
	shaped := ShapedPoisson(7, warmup, window)
	assert.Equal(t, 100, counted(t, shaped, 0, s), "of the warm-up, exactly")
	assert.Equal(t, 10_000, counted(t, shaped, s, 11*s))
	for _, part := range []struct {
		from, to time.Duration
		want     float64
	}{{0, 2 * s, 400}, {2 * s, 5 * s, 2100}, {5 * s, 10 * s, 7500}} {
		got := counted(t, shaped, s+part.from, s+part.to)
		assert.InDelta(t, part.want, got, 5*math.Sqrt(part.want), "within five standard deviations")
	}
	again := ShapedPoisson(7, warmup, window)
	for i := range uint64(10_100) {
		require.Equal(t, shaped.At(i), again.At(i), "the same seed makes the same schedule")
	}
}

func TestPiecesThatAreNoScheduleAreRefused(t *testing.T) {
	for name, pieces := range map[string][]Piece{
		"none": nil, "no rate": {{time.Second, 0, 0}}, "a negative rate": {{time.Second, -1, 5}},
		"a negative length": {{-1, 1, 1}}, "no number": {{time.Second, math.NaN(), 1}},
		"no end": {{time.Second, 1, math.Inf(1)}},
	} {
		assert.Error(t, Shaped(pieces...).(interface{ valid() error }).valid(), name)
		assert.Error(t, ShapedPoisson(1, pieces).(interface{ valid() error }).valid(), name)
		assert.Equal(t, Never, Shaped(pieces...).At(0), name)
	}
}

func FuzzShaped(f *testing.F) {
	f.Add(uint32(1000), uint16(0), uint16(500), uint32(10), uint16(3), uint16(3))
	f.Add(uint32(0), uint16(9), uint16(9), uint32(1), uint16(65535), uint16(0))
	f.Fuzz(func(t *testing.T, ms1 uint32, a, b uint16, ms2 uint32, c, d uint16) {
		pieces := []Piece{
			{time.Duration(ms1%5000) * time.Millisecond, float64(a), float64(b)},
			{time.Duration(ms2%5000) * time.Millisecond, float64(c), float64(d)},
		}
		p := newProfile(pieces)
		if p.err != nil {
			return
		}
		assert.Equal(t, int(math.Ceil(p.total)), counted(t, p, 0, Never))
		assert.Equal(t, int(math.Ceil(p.total)), counted(t, p, 0, p.length()+1), "none comes after the end")
	})
}
