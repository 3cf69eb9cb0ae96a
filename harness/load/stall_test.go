package load

import (
	"context"
	"fmt"
	"net/http"
	neturl "net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// freezer is a server that answers nothing for a while, and logs when it answered what.
type freezer struct {
	frozen sync.RWMutex
	mu     sync.Mutex
	log    map[int]time.Time // when request i was answered
}

func (f *freezer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	f.frozen.RLock()
	defer f.frozen.RUnlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log[i] = time.Now()
}

// freeze keeps the server from answering from a moment on, for a while.
func (f *freezer) freeze(from time.Time, length time.Duration) (done <-chan struct{}) {
	ended := make(chan struct{})
	time.AfterFunc(time.Until(from), func() {
		defer close(ended)
		f.frozen.Lock()
		defer f.frozen.Unlock()
		time.Sleep(time.Until(from.Add(length)))
	})
	return ended
}

// frost is a run against a server that freezes.
type frost struct {
	freeze      time.Duration
	connections int
	outcome     *Outcome
	err         error
	// The response times in the window are at least these, by the server's own log, and
	// at most those, by when their answers were checked.
	least, most []time.Duration
}

// The response times of a server that freezes are those that follow from the schedule and
// the server's own log, whatever the number of connections.
func TestDriveIsRightWhenTheServerFreezes(t *testing.T) {
	t.Parallel()
	long := map[string][2]time.Duration{"0.3 s in 1.5": {1500 * ms, 300 * ms}}
	if !testing.Short() {
		long["1 s in 10"] = [2]time.Duration{10 * time.Second, time.Second}
	}
	frosts := map[string]*frost{}
	var wg sync.WaitGroup
	for name, l := range long {
		for _, connections := range []int{1, 4, 256} {
			f := &frost{freeze: l[1], connections: connections}
			frosts[fmt.Sprintf("%s, %d connections", name, connections)] = f
			server := &freezer{log: map[int]time.Time{}}
			s := serve(t, server.ServeHTTP)
			wg.Go(func() { f.run(t.Context(), server, s.URL, l[0]) })
		}
	}
	wg.Wait()
	for name, f := range frosts {
		t.Run(name, f.judge)
	}
}

const frostRate = 200 // req/s

func (f *frost) run(ctx context.Context, server *freezer, url string, duration time.Duration) {
	const warmup = 200 * ms
	var thawed <-chan struct{}
	var mu sync.Mutex
	arrived := map[int]time.Time{}
	f.outcome, f.err = Drive(ctx, Config{
		BaseURL: url, Schedule: Constant(frostRate), Warmup: FixedWarmup(warmup), Duration: duration, Timeout: 10 * time.Second, Connections: f.connections,
		Source: &counting{seen: func(i int) {
			mu.Lock()
			defer mu.Unlock()
			arrived[i] = time.Now()
		}},
		Started: func(origin time.Time) { thawed = server.freeze(origin.Add(warmup+duration/3), f.freeze) },
	})
	<-thawed
	for i, at := range arrivals(Constant(frostRate), warmup+duration) {
		if at >= warmup {
			f.least = append(f.least, server.log[i].Sub(f.outcome.Origin)-at)
			f.most = append(f.most, arrived[i].Sub(f.outcome.Origin)-at)
		}
	}
}

func (f *frost) judge(t *testing.T) {
	require.NoError(t, f.err)
	assertConserved(t, f.outcome)
	w := f.outcome.Window
	require.Equal(t, uint64(len(f.least)), w.Succeeded, "%v", w.Errors)
	// Bounds of every response time are bounds of every quantile.
	for _, q := range []float64{0.5, 0.9, 0.95, 0.99, 1} {
		got, ok := w.Response.Quantile(q)
		require.True(t, ok)
		from, to := quantile(f.least, q), quantile(f.most, q)
		assert.GreaterOrEqual(t, got, from, "quantile %v", q)
		assert.LessOrEqual(t, got, to+to/1000+2*time.Microsecond, "quantile %v", q)
		t.Logf("quantile %v: %v, truth from %v to %v", q, got, from, to)
	}
	first := uint64(frostRate*f.freeze.Seconds()/2) - 1 // requests scheduled in the freeze's first half
	assert.GreaterOrEqual(t, above(w.Response, f.freeze/2), first)
	// The system caused it, and not the generator.
	assert.Less(t, above(w.Lateness, f.freeze/2), w.Offered/100)
	if f.connections == 256 {
		assert.Zero(t, above(w.Wait, f.freeze/2), "there was always a connection free")
	} else {
		assert.GreaterOrEqual(t, above(w.Wait, f.freeze/2)+uint64(f.connections), first)
	}
}

// A generator that stands still is late, and says so: the system did not cause the wait.
func TestDriveIsLateWhenTheGeneratorStandsStill(t *testing.T) {
	for _, connections := range []int{1, 64} {
		t.Run(fmt.Sprint(connections, " connections"), func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(http.ResponseWriter, *http.Request) {})
			const still = 300 * ms
			config := brief(s.URL)
			config.Duration, config.Connections = 900*ms, connections
			d, err := newDriver(t.Context(), config, mustBase(t, config))
			require.NoError(t, err)
			stood := false
			d.pace = func(moment time.Duration) (time.Duration, bool) {
				time.Sleep(moment - d.now())
				if moment >= 400*ms && !stood {
					stood = true
					time.Sleep(still)
				}
				return d.now(), true
			}
			o := d.run()
			assertConserved(t, o)
			assert.GreaterOrEqual(t, above(o.Window.Lateness, still/2), uint64(200*still.Seconds()/2))
			assert.GreaterOrEqual(t, above(o.Window.Response, still/2), uint64(200*still.Seconds()/2), "and its response times show it")
			assert.Zero(t, above(o.Window.Wait, still/2))
		})
	}
}

func mustBase(t *testing.T, c Config) *neturl.URL {
	base, err := c.check()
	require.NoError(t, err)
	return base
}

// A server that takes 10 ms over one connection can do 100 req/s. Offered 200, requests
// wait for the connection, longer and longer, and none of it is the generator's lateness.
func TestDriveTellsOverloadFromLateness(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(10 * ms) })
	c := brief(s.URL)
	c.Connections, c.Duration, c.Timeout = 1, 900*ms, 400*ms
	w := drive(t, c).Window
	assert.NotZero(t, w.Failed+w.Unsent, "their time ran out")
	assert.Greater(t, above(w.Wait, 200*ms), w.Sent/4)
	assert.Less(t, above(w.Lateness, 200*ms), w.Offered/20)
}
