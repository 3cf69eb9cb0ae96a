package chart

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

func TestNotesAreMovedApart(t *testing.T) {
	for name, row := range map[string]struct{ wanted, placed []float64 }{
		"none":                             {nil, nil},
		"one stays where it wants to be":   {[]float64{50}, []float64{50}},
		"two far apart stay":               {[]float64{20, 80}, []float64{20, 80}},
		"two at one place share the way":   {[]float64{50, 50}, []float64{45, 55}},
		"three at the lower end move up":   {[]float64{0, 0, 0}, []float64{0, 10, 20}},
		"three at the upper end move down": {[]float64{100, 100, 100}, []float64{80, 90, 100}},
		"a push reaches the one after next": {
			[]float64{50, 50, 58}, []float64{42.666666666666664, 52.666666666666664, 62.666666666666664},
		},
	} {
		t.Run(name, func(t *testing.T) { assert.InDeltaSlice(t, row.placed, spreadOut(row.wanted, 10, 0, 100), 1e-9) })
	}
}

func TestNotesNeverOverlapNorLeaveTheirRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		wanted := make([]float64, 1+rng.IntN(14))
		for i := range wanted {
			wanted[i] = rng.Float64() * 100
		}
		slices.Sort(wanted)
		placed := spreadOut(wanted, 10, 0, 100)
		gap := min(10, 100/math.Max(1, float64(len(wanted)-1)))
		for i, y := range placed {
			assert.GreaterOrEqual(t, y, -1e-6)
			assert.LessOrEqual(t, y, 100+1e-6)
			if i > 0 {
				assert.GreaterOrEqual(t, y-placed[i-1], gap-1e-6, wanted)
			}
		}
	}
}

func TestLabelsNeverCoverEachOther(t *testing.T) {
	canvas := draw.New(vgimg.New(300, 200))
	p := &placer{c: canvas}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		point := vg.Point{X: canvas.Max.X * vg.Length(rng.Float64()), Y: canvas.Max.Y * vg.Length(rng.Float64())}
		p.label(point, ink, above, "P1 100 req/s", "verified")
	}
	for i, a := range p.taken {
		for _, b := range p.taken[:i] {
			apart := a.Min.X >= b.Max.X || b.Min.X >= a.Max.X || a.Min.Y >= b.Max.Y || b.Min.Y >= a.Max.Y
			assert.True(t, apart, "%v and %v", a, b)
		}
	}
	assert.NotEmpty(t, p.taken)
}

func TestEveryLogAxisHasTwoLabels(t *testing.T) {
	for _, values := range [][]float64{
		{1}, {99, 101}, {0.001, 3}, {1e-6, 1e6}, {1e-9, 1e15}, {4.9, 5.1}, {1, 9.9},
		{0, -3, math.NaN(), 7, math.Inf(1)},
	} {
		var a plot.Axis
		assert.True(t, logAxis(&a, values...))
		labels := 0
		for _, tick := range (logTicks{}).Ticks(a.Min, a.Max) {
			if tick.Label != "" {
				labels++
			}
		}
		assert.GreaterOrEqual(t, labels, 2, values)
		assert.LessOrEqual(t, labels, 13, values)
	}
	var a plot.Axis
	assert.False(t, logAxis(&a, 0, -1, math.NaN()), "there is nothing to draw")
}

func TestTicksOfALinearAxis(t *testing.T) {
	for _, high := range []float64{0.003, 1, 7, 99.5, 5000, 1e12} {
		ticks := niceTicks{}.Ticks(0, high)
		assert.GreaterOrEqual(t, len(ticks), 3, high)
		assert.LessOrEqual(t, len(ticks), 8, high)
	}
	assert.Empty(t, niceTicks{}.Ticks(1, 1))
	assert.Empty(t, niceTicks{}.Ticks(0, math.Inf(1)))
}

func TestACurveEndsWhereItsRequestsEnd(t *testing.T) {
	h := measure.NewHistogram()
	for range 1000 {
		h.Record(1e6)
	}
	last := func(points []xy) float64 { return share(points[len(points)-1].x) }
	assert.InDelta(t, 0.999, last(curve(h, 0)), 1e-3, "1,000 values say nothing beyond 99.9 %")
	assert.Less(t, last(curve(h, 250)), 0.8, "a fifth of the requests was never sent")
	assert.Empty(t, curve(measure.NewHistogram(), 3))
	assert.Empty(t, curve(nil, 0))
}

func TestLongLinesAreThinnedAndGapsStay(t *testing.T) {
	long := times{}
	for i := range 10_000 {
		long[i] = float64(i % 2)
	}
	points := long.points(0, thinning([]times{long}))
	assert.LessOrEqual(t, len(points), mostPoints+1)
	assert.InDelta(t, 0.5, points[10].y, 0.1, "neighbours are averaged")

	gap := times{0: 1, 1: 1, 7: 1, 8: 1}
	points = gap.points(0, 1)
	assert.Len(t, points, 5)
	assert.True(t, math.IsNaN(points[2].x), "a line must not cross seconds that were not measured")
}

func TestLabelledQuantilesAreThoseOfTheTables(t *testing.T) {
	h := measure.NewHistogram()
	for i := range 30_000 {
		h.Record(time.Duration(i) * time.Microsecond)
	}
	points := curve(h, 0)
	for _, s := range spectrum {
		got, ok := valueAt(points, nines(s.q))
		assert.True(t, ok, s.label)
		want, _ := h.Quantile(s.q)
		assert.Equal(t, float64(want)/float64(time.Millisecond), got, s.label)
	}
}
