package turns

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the time at the gates of these tests.
var now = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

func opened(t *testing.T) *Gate {
	t.Helper()
	g, err := open(t.TempDir(), func() time.Time { return now })
	require.NoError(t, err)
	t.Cleanup(g.Close)
	return g
}

// arrival is what a run heard at a gate.
type arrival struct {
	at  time.Time
	err error
}

func arrive(ctx context.Context, g *Gate) <-chan arrival {
	heard := make(chan arrival, 1)
	go func() {
		at, err := Wait(ctx, g.Address())
		heard <- arrival{at, err}
	}()
	return heard
}

// waiting are the runs that stand at a gate.
func (g *Gate) standing() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

func TestBothRunsBeginAtTheSameMoment(t *testing.T) {
	g := opened(t)
	for range 2 { // a run of several phases comes again
		one := arrive(t.Context(), g)
		for g.standing() < 1 {
			time.Sleep(time.Millisecond)
		}
		select {
		case got := <-one:
			t.Fatalf("it did not wait for the other: %v", got)
		default:
		}
		other := arrive(t.Context(), g)
		for _, got := range []arrival{<-one, <-other} {
			require.NoError(t, got.err)
			assert.Equal(t, now.Add(lead), got.at.UTC())
		}
	}
}

func TestNobodyWaitsForARunThatHasEnded(t *testing.T) {
	g := opened(t)
	g.Ended()
	got := <-arrive(t.Context(), g)
	require.NoError(t, got.err)
	assert.Equal(t, now.Add(lead), got.at.UTC())

	g = opened(t)
	alone := arrive(t.Context(), g)
	for g.standing() < 1 {
		time.Sleep(time.Millisecond)
	}
	g.Ended()
	assert.NoError(t, (<-alone).err)
}

func TestWaitingEnds(t *testing.T) {
	g := opened(t)
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := arrive(ctx, g)
	for g.standing() < 1 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	assert.ErrorContains(t, (<-interrupted).err, "wait for the other run")

	g = opened(t)
	sentAway := arrive(t.Context(), g)
	for g.standing() < 1 {
		time.Sleep(time.Millisecond)
	}
	g.Close()
	assert.ErrorContains(t, (<-sentAway).err, "wait for the other run")
	_, err := Wait(t.Context(), g.Address())
	assert.ErrorContains(t, err, "wait for the other run", "nobody is there")
	_, err = Open("/nowhere/at/all")
	assert.ErrorContains(t, err, "open the gate of two runs")
}
