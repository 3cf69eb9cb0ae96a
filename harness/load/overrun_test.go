package load

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

func TestAGeneratorIsOverrunWhenItFallsBehindWithoutWaiting(t *testing.T) {
	for _, row := range []struct {
		what  string
		lag   func(at time.Duration) time.Duration
		after time.Duration // 0: it never is
	}{
		{"on time", func(time.Duration) time.Duration { return ms }, 0},
		{"a little late all the time", func(time.Duration) time.Duration { return bearable }, 0},
		{
			"halted for a while, and catching up",
			func(at time.Duration) time.Duration { return max(0, 3*time.Second-at/2) }, 0,
		},
		{"late without end", func(time.Duration) time.Duration { return time.Second }, 0},
		{"later and later", func(at time.Duration) time.Duration { return at / 2 }, 200*ms + strained + 2*ms},
		{"halted, then later and later", func(at time.Duration) time.Duration {
			return max(3*time.Second-at, at-3*time.Second)
		}, 3*time.Second + 100*ms + 2*strained},
	} {
		o := overrun{bearable: bearable}
		first := time.Duration(0)
		for at := time.Duration(0); at < 10*time.Second && first == 0; at += ms {
			if o.passes(at-row.lag(at), at) {
				first = at
			}
		}
		if row.after == 0 {
			assert.Zero(t, first, row.what)
		} else {
			assert.Positive(t, first, row.what)
			assert.LessOrEqual(t, first, row.after, row.what)
		}
	}
	o := overrun{bearable: bearable, known: true}
	assert.False(t, o.passes(0, bearable))
	assert.True(t, o.passes(0, bearable+1), "from then on it is whenever it is late")
}

func TestArrivalsAreCountedWithoutLookingAtEach(t *testing.T) {
	for name, s := range map[string]Schedule{
		"constant": Constant(1000), "poisson": Poisson(1000, 1, 2*time.Second),
		"shaped": Shaped(Piece{Length: 2 * time.Second, From: 10, To: 2000}),
	} {
		all := arrivals(s, 2*time.Second)
		for _, first := range []uint64{0, 1, 17, uint64(len(all))} {
			for _, end := range []time.Duration{0, ms, 333 * ms, 2 * time.Second, Never} {
				want := first
				for want < uint64(len(all)) && all[want] < end {
					want++
				}
				if end <= 2*time.Second || name != "constant" {
					assert.Equal(t, want, arrivalsBefore(s, first, end), "%s from %d to %v", name, first, end)
				}
			}
		}
	}
}

// pacing is what a driver sleeps by, as [driver.sleeper] returns it.
type pacing = func(time.Duration) (time.Duration, bool)

// late is a pacing that comes to every arrival when it has had so much time for each before.
func late(each time.Duration) func(pacing) pacing {
	return func(pacing) pacing {
		now := time.Duration(0)
		return func(moment time.Duration) (time.Duration, bool) {
			now = max(now+each, moment)
			return now, true
		}
	}
}

// A schedule of 1,000,000 req/s and a generator that releases 1,000: nothing is lost, and no more
// requests are made than there is time for.
func TestWhatTheGeneratorCannotReleaseIsPassedOverAndCounted(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, warm := range map[string]Warmup{
		"a fixed warm-up": FixedWarmup(500 * ms),
		"none":            {},
	} {
		t.Run(name, func(t *testing.T) {
			source := &counting{}
			c := Config{
				BaseURL: s.URL, Source: source, Schedule: Constant(1e6), Warmup: warm,
				Duration: 4 * time.Second, Timeout: time.Minute, Connections: 4,
			}
			d, err := newDriver(t.Context(), c, mustBase(t, c))
			require.NoError(t, err)
			d.wrap = late(ms)
			o := d.run()
			assert.EqualValues(t, 4e6, o.Window.Offered)
			assert.Equal(t, o.Window.Offered, o.Window.Sent+o.Window.Unsent)
			assert.Equal(t, o.Window.Offered, o.Window.ScheduleLag.Count())
			assert.EqualValues(t, o.Warmup.End/time.Microsecond, o.Warmup.Offered)
			assert.Less(t, source.made, 10_000)
			passed := uint64(0)
			for _, w := range []*measure.Window{o.Warmup, o.Window} {
				for _, e := range w.Errors {
					if e.Endpoint == PassedOver {
						assert.Equal(t, errOverrun.Error(), e.Message)
						passed += e.Count
					}
				}
			}
			assert.EqualValues(t, o.Warmup.Offered+o.Window.Offered-uint64(source.made), passed)
			lag, _ := o.Window.ScheduleLag.Quantile(0.99)
			assert.Greater(t, lag, bearable/2)
			assert.Less(t, lag, strained+bearable+time.Second)
			for i, second := range o.Window.Seconds {
				assert.InDelta(t, 1e6, second.Offered, 2e4, "second %d", i)
			}
		})
	}
}

// No machine releases a thousand million requests a second: the run takes its time all the same.
func TestAScheduleThatNoMachineKeepsUpWithEnds(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := Config{
		BaseURL: s.URL, Source: &counting{}, Schedule: Constant(1e9), Duration: 500 * ms, Timeout: time.Minute,
		Connections: 4, Warmup: Warmup{Bounds: warmup.Bounds{Least: 500 * ms, Most: 2 * time.Second}},
	}
	o, err := Drive(t.Context(), c)
	require.NoError(t, err)
	assertConserved(t, o)
	assert.EqualValues(t, 500_000_000, o.Window.Offered)
	assert.NotEqual(t, warmup.Warm, o.Ended)
	assert.Less(t, o.Window.Sent, o.Window.Offered/10)
}

func TestABacklogThatIsFullTakesNothingMore(t *testing.T) {
	refused := 0
	b := &backlog{refuse: func(release) { refused++ }}
	_, any := b.head()
	assert.False(t, any)
	for i := range mostWaiting + 3 {
		b.wait(release{scheduled: time.Duration(i + 1)})
	}
	assert.Equal(t, 3, refused)
	assert.Equal(t, mostWaiting, b.waiting.len())
	head, any := b.head()
	assert.True(t, any)
	assert.EqualValues(t, 1, head)
}

func TestABacklogIsGivenUpOnlyWhereNoneOfTheWindowCanBeAnsweredInTime(t *testing.T) {
	const warm, window = 4 * time.Second, 5 * time.Second
	for _, row := range []struct {
		what   string
		head   time.Duration
		doomed bool
	}{
		{"a window's request is the first", warm, false},
		{"nearly so", warm - ms, false},
		{"a third of the rate is done", 3 * time.Second, false},
		{"a twentieth is done", 450 * ms, true},
		{"nothing is done", 0, true},
	} {
		c := Config{Schedule: Constant(1), Duration: window, Timeout: 10 * time.Second}
		d := &driver{Config: c, recorder: measure.NewOpenRecorder()}
		d.times = newTimetable(c, d.now, d.begin)
		assert.False(t, d.doomed(row.head), "there is no window yet")
		d.times.fix(warm)
		assert.Equal(t, row.doomed, d.doomed(row.head), row.what)
	}
}
