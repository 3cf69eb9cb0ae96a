package load

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// machine is a simulated clock whose sleeps end late.
type machine struct {
	clock     time.Duration
	oversleep func() time.Duration
	asleep    time.Duration
	stalled   time.Duration // the next sleep ends that much later still
}

func (m *machine) now() time.Duration {
	m.clock += 50 * time.Nanosecond // what a look at the clock takes
	return m.clock
}

func (m *machine) sleep(until time.Duration) (timed bool) {
	before := m.clock
	m.clock = max(m.clock, until) + m.oversleep() + m.stalled
	m.stalled = 0
	m.asleep += m.clock - before
	return true
}

func (m *machine) pacer() *pacer { return &pacer{now: m.now, sleep: m.sleep} }

func constantly(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

func TestPacerNeverReturnsBeforeTheMoment(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	m := &machine{oversleep: func() time.Duration { return time.Duration(rng.ExpFloat64() * 60e3) }}
	p := m.pacer()
	moment := time.Duration(0)
	for range 20000 {
		moment += time.Duration(rng.ExpFloat64() * 300e3)
		now, ok := p.until(context.Background(), moment)
		require.True(t, ok)
		require.GreaterOrEqual(t, now, moment)
		require.LessOrEqual(t, p.margin, maxMargin)
		require.GreaterOrEqual(t, p.margin, time.Duration(0))
	}
}

func TestPacerLearnsHowLateSleepsEnd(t *testing.T) {
	for _, c := range []struct {
		name      string
		gap       time.Duration
		oversleep time.Duration
		late      time.Duration // at most, once it has learnt
	}{
		{"5,000 a second", 200 * time.Microsecond, 40 * time.Microsecond, 5 * time.Microsecond},
		{"1,000 a second", time.Millisecond, 60 * time.Microsecond, 5 * time.Microsecond},
		{"100 a second", 10 * time.Millisecond, 120 * time.Microsecond, 5 * time.Microsecond},
		{"one a second", time.Second, 250 * time.Microsecond, 5 * time.Microsecond},
		{"sleeps that end later than the margin may be", time.Second, time.Millisecond,
			time.Millisecond - maxMargin + 5*time.Microsecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &machine{oversleep: constantly(c.oversleep)}
			p := m.pacer()
			for i := range 1000 {
				moment := time.Duration(i) * c.gap
				now, ok := p.until(context.Background(), moment)
				require.True(t, ok)
				if i > 300 {
					require.LessOrEqual(t, now-moment, c.late, "request %d", i)
				}
			}
		})
	}
}

func TestPacerSpendsNoMoreThanItsShareOnWatching(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	// Half of the sleeps end at once, half very late: covering the late ones would mean
	// to watch for most of the time.
	m := &machine{oversleep: func() time.Duration { return time.Duration(rng.IntN(2)) * 150 * time.Microsecond }}
	p := m.pacer()
	const n, gap = 20000, 200 * time.Microsecond
	for i := range n {
		p.until(context.Background(), time.Duration(i)*gap)
	}
	awake := float64(m.clock-m.asleep) / float64(m.clock)
	assert.Less(t, awake, watchShare+0.02)
}

func TestPacerSpendsNoMoreThanItsShareWhereAnswersEndItsSleeps(t *testing.T) {
	m := &machine{oversleep: constantly(0)}
	p := m.pacer()
	p.sleep = func(until time.Duration) (timed bool) {
		m.sleep(until)
		return false
	}
	p.margin = maxMargin // as learnt before
	const n, gap = 20000, 200 * time.Microsecond
	for i := range n {
		p.until(context.Background(), time.Duration(i)*gap)
	}
	awake := float64(m.clock-m.asleep) / float64(m.clock)
	assert.Less(t, awake, watchShare+0.02)
}

func TestPacerReturnsAtOnceWhenItIsLate(t *testing.T) {
	m := &machine{oversleep: constantly(0)}
	p := m.pacer()
	m.stalled = time.Second // the process was stopped in its sleep
	now, ok := p.until(context.Background(), time.Millisecond)
	require.True(t, ok)
	assert.GreaterOrEqual(t, now, time.Second)
	for i := range 100 {
		before := m.asleep
		late, _ := p.until(context.Background(), time.Duration(i)*10*time.Millisecond)
		assert.Equal(t, before, m.asleep, "it does not sleep")
		assert.Less(t, late-now, time.Millisecond)
	}
}

func TestPacerStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	m := &machine{oversleep: constantly(0)}
	p := m.pacer()
	p.sleep = func(time.Duration) bool { // broken off in its sleep
		cancel()
		return false
	}
	_, ok := p.until(ctx, time.Hour)
	assert.False(t, ok)
	_, ok = p.until(ctx, 0)
	assert.False(t, ok, "not even for what is due")
}

func TestSleeperSleepsUntilTheMomentAndWakesWhenStopped(t *testing.T) {
	start := time.Now()
	now := func() time.Duration { return time.Since(start) }
	ctx, cancel := context.WithCancel(context.Background())
	s := newSleeper(ctx, now)
	defer s.close()
	for _, until := range []time.Duration{
		-time.Second, 0, time.Microsecond, 20 * time.Millisecond, now() + 30*time.Millisecond,
	} {
		s.sleep(until)
		assert.GreaterOrEqual(t, now(), until)
	}
	time.AfterFunc(20*time.Millisecond, cancel)
	s.sleep(time.Hour)
	assert.Error(t, ctx.Err())
	s.sleep(time.Hour) // stopped already
}

func TestSleeperNeverMissesAShortTimer(t *testing.T) {
	start := time.Now()
	now := func() time.Duration { return time.Since(start) }
	s := newSleeper(context.Background(), now)
	defer s.close()
	for i := range 5000 {
		s.sleep(now() + time.Duration(i%40)*time.Microsecond)
	}
}
