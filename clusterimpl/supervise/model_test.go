package supervise_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/supervise"
)

// TestNoSequenceOfEventsBreaksTheRules runs random lives and deaths beside a model that
// knows the rules but not the bookkeeping.
func TestNoSequenceOfEventsBreaksTheRules(t *testing.T) {
	const sequences, steps = 10_000, 60
	for seed := range uint64(sequences) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m := newModel(rng)
		for range steps {
			m.step(t, rng)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

type model struct {
	s        *supervise.Supervisor
	now      time.Time
	workers  int
	limit    int
	alive    map[int]bool
	deaths   []time.Time
	gaveUp   bool
	draining bool
}

func newModel(rng *rand.Rand) *model {
	m := &model{now: origin, workers: 1 + rng.IntN(8), limit: rng.IntN(16), alive: map[int]bool{}}
	m.s = supervise.New(supervise.Default(m.workers, m.limit, rng.Float64), origin)
	return m
}

func (m *model) step(t *testing.T, rng *rand.Rand) {
	slot := 1 + rng.IntN(m.workers)
	switch k := rng.IntN(100); {
	case k < 35:
		m.now = m.now.Add(time.Duration(rng.ExpFloat64() * float64(2*time.Second)))
	case k < 60:
		m.s.Ready(slot, m.now)
	case k < 94:
		m.die(t, slot)
	case k < 99:
		m.s.Retire(slot)
	case rng.IntN(10) == 0:
		m.s.Drain()
		m.draining = true
	}
	for _, started := range m.s.Start(m.now) {
		require.False(t, m.alive[started], "a slot never has two workers")
		require.False(t, m.gaveUp || m.draining, "nothing is started after giving up, or while draining")
		m.alive[started] = true
	}
	m.check(t)
}

func (m *model) die(t *testing.T, slot int) {
	passed := m.s.Died(slot, m.now)
	if !m.alive[slot] {
		require.False(t, passed)
		return
	}
	delete(m.alive, slot)
	if m.gaveUp || m.draining {
		require.False(t, passed, "said once")
		return
	}
	m.deaths = append(m.deaths, m.now)
	recent := 0
	for _, at := range m.deaths {
		if m.now.Sub(at) < time.Minute {
			recent++
		}
	}
	require.Equal(t, recent > m.limit, passed, "%d deaths within the window, limit %d", recent, m.limit)
	m.gaveUp = passed
}

func (m *model) check(t *testing.T) {
	holds := func(rule string, ok bool) {
		if !ok {
			t.Errorf("broken: %s: %+v", rule, m.s.Slots())
		}
	}
	holds("never more workers than slots", m.s.Alive() <= m.workers)
	holds("as many alive as the model knows", m.s.Alive() == len(m.alive))
	holds("gives up when the model does", m.s.GaveUp() == m.gaveUp)
	for _, sl := range m.s.Slots() {
		waits := !sl.Due.IsZero()
		holds("a slot lives as the model knows", m.alive[sl.Number] == sl.Alive)
		holds("a slot waits or lives, not both", !waits || !sl.Alive)
		holds("a failed slot does not wait", sl.State != supervise.Failed || !waits)
		if !m.gaveUp && !m.draining {
			holds("no slot is forgotten", waits || sl.Alive)
			holds("no slot waits longer than the cap and its jitter", !waits || sl.Due.Sub(m.now) <= 2400*time.Millisecond)
		}
	}
}
