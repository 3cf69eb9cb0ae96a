package suite

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTwoBuildsAreNeverLoadedAtOnce(t *testing.T) {
	const window = 6200 * time.Millisecond // three cycles and the start of another
	first := Shape{Kind: Alternating, Turns: Turns{Length: time.Second / 2}}
	second := Shape{Kind: Alternating, Turns: Turns{Length: time.Second / 2, Second: true}}
	one, other := first.Pieces(100, window), second.Pieces(100, window)
	require.Len(t, other, len(one))
	var sum time.Duration
	for i := range one {
		assert.Equal(t, one[i].Length, other[i].Length)
		assert.Equal(t, Rate(100), one[i].From+other[i].From, "piece %d", i)
		assert.Equal(t, one[i].From, one[i].To)
		sum += one[i].Length
	}
	assert.Equal(t, window, sum)
	var order []Rate
	for _, p := range one[:8] {
		order = append(order, p.From)
	}
	assert.Equal(t, []Rate{100, 0, 0, 100, 100, 0, 0, 100}, order, "first, second, second, first")
	assert.Equal(t, Rate(50), first.Mean(100))
	assert.Equal(t, Rate(50), second.Mean(100))
	assert.Equal(t, "in turns of 500ms with another build", second.String())
}

func TestTurnsAreTakenAtRatesThatStay(t *testing.T) {
	turns := &Turns{Length: time.Second / 2, Second: true}
	s, err := Builtin().With(Override{Phases: []int{1, 2}, Duration: new(4 * time.Second), Turns: turns})
	require.NoError(t, err)
	for _, p := range s.Phases {
		assert.Equal(t, Shape{Kind: Alternating, Turns: *turns}, p.Shape)
	}
	for _, row := range []struct {
		override Override
		want     string
	}{
		{Override{Duration: new(3 * time.Second), Turns: turns},
			"--duration: 3s holds no whole number of cycles of turns; allowed: multiples of 2s"},
		{Override{Duration: new(4 * time.Second), Turns: &Turns{Length: time.Millisecond}},
			"--turn-length: 1ms is out of range; allowed: from 100ms to 15m0s"},
		{Override{Duration: new(4 * time.Second), Groups: []Group{GroupBehaviour}, Turns: turns},
			"has a load that changes, or is disturbed; allowed: phases at a rate that stays"},
	} {
		_, err := Builtin().With(row.override)
		assert.ErrorContains(t, err, row.want)
	}
}
