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
	planned  map[int]bool // told to end
	deaths   []time.Time
	gaveUp   bool
	draining bool
}

func newModel(rng *rand.Rand) *model {
	m := &model{
		now: origin, workers: 1 + rng.IntN(8), limit: rng.IntN(16), alive: map[int]bool{}, planned: map[int]bool{},
	}
	m.s = supervise.New(supervise.Default(m.workers, m.limit, rng.Float64), origin)
	return m
}

func (m *model) step(t *testing.T, rng *rand.Rand) {
	slot := 1 + rng.IntN(max(m.workers, len(m.s.Slots())))
	switch k := rng.IntN(100); {
	case k < 35:
		m.now = m.now.Add(time.Duration(rng.ExpFloat64() * float64(2*time.Second)))
	case k < 60:
		m.s.Ready(slot, m.now)
	case k < 94:
		m.die(t, slot)
	case k < 96:
		m.s.Retire(slot)
	case k < 98:
		m.s.Renew(slot)
		m.planned[slot] = m.alive[slot]
	case k < 99:
		m.resize(t, 1+rng.IntN(8))
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
	planned := m.planned[slot] || slot > m.workers
	delete(m.alive, slot)
	delete(m.planned, slot)
	if m.gaveUp || m.draining {
		require.False(t, passed, "said once")
		return
	}
	if planned {
		require.False(t, passed, "an end that was asked for is no death")
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

func (m *model) resize(t *testing.T, workers int) {
	end := m.s.Resize(workers, m.now)
	if m.gaveUp || m.draining {
		require.Empty(t, end)
		return
	}
	var want []int
	for slot := range 8 {
		if slot+1 > workers && m.alive[slot+1] {
			want = append(want, slot+1)
			m.planned[slot+1] = true
		}
	}
	require.Equal(t, want, end, "exactly those above the number are to end")
	m.workers = workers
}

func (m *model) check(t *testing.T) {
	holds := func(rule string, ok bool) {
		if !ok {
			t.Errorf("broken: %s: %+v", rule, m.s.Slots())
		}
	}
	stay := 0
	for slot := range m.alive {
		if slot <= m.workers {
			stay++
		}
	}
	holds("never more workers than asked for, but those that leave",
		m.s.Alive()-stay == len(m.alive)-stay && stay <= m.workers)
	holds("as many alive as the model knows", m.s.Alive() == len(m.alive))
	holds("gives up when the model does", m.s.GaveUp() == m.gaveUp)
	for _, sl := range m.s.Slots() {
		waits := !sl.Due.IsZero()
		holds("a slot lives as the model knows", m.alive[sl.Number] == sl.Alive)
		holds("a slot waits or lives, not both", !waits || !sl.Alive)
		holds("a failed slot does not wait", sl.State != supervise.Failed || !waits)
		holds("a slot above the number leaves", m.gaveUp || m.draining || sl.Leaving == (sl.Number > m.workers))
		if !m.gaveUp && !m.draining && !sl.Leaving {
			holds("no slot is forgotten", waits || sl.Alive)
			holds("no slot waits longer than the cap and its jitter",
				!waits || sl.Due.Sub(m.now) <= 2400*time.Millisecond)
		}
	}
}
