package load

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// witness sees a run from outside the code under test: when the pacing let each request go, when the server got and
// answered it, and when its answer was checked.
type witness struct {
	mu       sync.Mutex
	origin   time.Time
	released []time.Duration // since the origin, by request
	arrived  map[int]time.Time
	answered map[int]time.Time
	checked  map[int]time.Time
	samples  []measure.Sample
	changed  *sync.Cond
	over     bool
}

func newWitness() *witness {
	w := &witness{arrived: map[int]time.Time{}, answered: map[int]time.Time{}, checked: map[int]time.Time{}}
	w.changed = sync.NewCond(&w.mu)
	return w
}

// note writes down when something happened to a request.
func (w *witness) note(in map[int]time.Time, i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in[i] = time.Now()
	w.changed.Broadcast()
}

// until waits for something to have happened.
func (w *witness) until(what func() bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !what() && !w.over {
		w.changed.Wait()
	}
}

// scene is a run whose truth is known from what its witness saw, however fast the machine is.
type scene struct {
	connections int
	carrier     func(*driver) carrier
	apiece      bool                               // each connection has its own goroutine, which may be held up alone
	hold        func(w *witness, i int)            // keeps the server from answering request i
	stall       func(w *witness, d *driver, i int) // keeps the pacing from letting request i go
}

const (
	sceneRate   = 200 // req/s
	sceneWarmup = 100 * ms
	sceneLength = 900 * ms
)

func (s scene) run(t *testing.T) (*witness, *Outcome) {
	w := newWitness()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		i, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		w.note(w.arrived, i)
		if s.hold != nil {
			s.hold(w, i)
		}
		w.note(w.answered, i) // the answer goes out after it
	})
	c := Config{
		BaseURL: server.URL, Schedule: Constant(sceneRate), Warmup: FixedWarmup(sceneWarmup), Duration: sceneLength,
		Timeout: 10 * time.Minute, Connections: s.connections,
		Source:  &counting{seen: func(i int) { w.note(w.checked, i) }},
		Started: func(origin time.Time) { w.origin = origin },
		Observe: func(s measure.Sample) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.samples = append(w.samples, s)
		},
	}
	d, err := newDriver(t.Context(), c, mustBase(t, c))
	require.NoError(t, err)
	d.bearable = time.Hour // a host that is too slow for the schedule passes over nothing
	if s.carrier != nil {
		d.carrier = s.carrier(d)
	}
	d.wrap = func(pace func(time.Duration) (time.Duration, bool)) func(time.Duration) (time.Duration, bool) {
		return func(moment time.Duration) (time.Duration, bool) {
			now, ok := pace(moment)
			if s.stall != nil {
				s.stall(w, d, len(w.released))
				now = d.now()
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.released = append(w.released, now)
			w.changed.Broadcast()
			return now, ok
		}
	}
	o := d.run()
	w.mu.Lock()
	w.over = true
	w.changed.Broadcast()
	w.mu.Unlock()
	return w, o
}

// bounds are what a value of each request is at least and at most.
type bounds struct{ least, most []time.Duration }

func (b *bounds) add(least, most time.Duration) {
	b.least, b.most = append(b.least, max(0, least)), append(b.most, max(0, most))
}

// truth is what follows from a witness for the requests of a window.
type truth struct{ response, service, wait, lag bounds }

// truth works out what can be true. With n connections, request i waited for one until i-n+1 of those before it were
// done, for they are sent in the order of the schedule; each was done after its answer.
//
// Where each of several connections has a goroutine of its own, one that is free may be held up: what is sent over
// another one meanwhile waits longer, and what it sends later waited less, and is late instead.
func (w *witness) truth(s scene, from time.Duration) *truth {
	t := &truth{}
	var answered []time.Duration // of the requests so far, in order
	for i, scheduled := range arrivals(Constant(sceneRate), sceneWarmup+sceneLength) {
		released, arrived := w.released[i], w.arrived[i].Sub(w.origin)
		var waitLeast, waitMost time.Duration
		if n := i - s.connections; n >= 0 {
			waitMost = arrived - released
			if !s.apiece || s.connections == 1 {
				waitLeast = max(0, answered[n]-released)
			}
		}
		a, c := w.answered[i].Sub(w.origin), w.checked[i].Sub(w.origin)
		if scheduled >= from {
			t.response.add(a-scheduled, c-scheduled)
			t.service.add(a-arrived, c-released-waitLeast)
			t.wait.add(waitLeast, waitMost)
			t.lag.add(released-scheduled, arrived-waitLeast-scheduled)
		}
		answered = insert(answered, a)
	}
	return t
}

func insert(sorted []time.Duration, v time.Duration) []time.Duration {
	at, _ := slices.BinarySearch(sorted, v)
	return slices.Insert(sorted, at, v)
}

// contradictions are what in a window cannot be true.
func (t *truth) contradictions(w *measure.Window) (all []string) {
	n := uint64(len(t.response.least))
	if w.Offered != n || w.Sent != n || w.Succeeded != n || w.Failed+w.Unsent != 0 || w.Response.Count() != n ||
		w.ScheduleLag.Count() != n {
		all = append(all,
			fmt.Sprintf("counts: offered %d, sent %d, succeeded %d of %d", w.Offered, w.Sent, w.Succeeded, n))
	}
	for _, c := range []struct {
		name string
		got  *measure.Histogram
		want bounds
	}{
		{"response", w.Response, t.response}, {"service", w.Service, t.service}, {"wait", w.Wait, t.wait},
		{"schedule lag", w.ScheduleLag, t.lag},
	} {
		// Bounds of every value are bounds of every quantile.
		for q := 0.0; q <= 1; q += 0.01 {
			got, _ := c.got.Quantile(q)
			least, most := quantile(c.want.least, q), quantile(c.want.most, q)
			if got < least || got > most+most/500+3*time.Microsecond { // of the histogram
				all = append(all,
					fmt.Sprintf("%s: quantile %.2f is %v, the truth is %v to %v", c.name, q, got, least, most))
			}
		}
	}
	return all
}

// scenes are a server that freezes, one that is overloaded, and a generator that stands still.
func scenes() map[string]scene {
	released := func(w *witness, n int) { w.until(func() bool { return len(w.released) >= n }) }
	carriers := map[string]func(*driver) carrier{
		"loop": nil, "napping loop": newNapping, "workers": func(d *driver) carrier { return newWorkers(d) },
	}
	all := map[string]scene{}
	for name, carrier := range carriers {
		for _, connections := range []int{1, 4, 256} {
			// It answers nothing that comes from its 100th request on until the pacing has let the 160th go.
			all[fmt.Sprintf("%s, freeze, %d connections", name, connections)] = scene{
				connections: connections, carrier: carrier, apiece: name == "workers", hold: func(w *witness, i int) {
					if i >= 100 && i < 160 {
						released(w, 160)
					}
				},
			}
			all[fmt.Sprintf("%s, standstill, %d connections", name, connections)] = scene{
				connections: connections, carrier: carrier, apiece: name == "workers",
				stall: func(_ *witness, d *driver, i int) {
					for i == 100 && d.now() < 650*ms { // its moment is at 500 ms
						time.Sleep(ms)
					}
				},
			}
		}
		// It gets half of what it is offered done: while the pacing goes on, the backlog grows.
		all[name+", overload"] = scene{
			connections: 1, carrier: carrier, hold: func(w *witness, i int) { released(w, min(200, 2*i)) },
		}
	}
	return all
}

func TestDriveTellsTheTruth(t *testing.T) {
	for name, s := range scenes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, o := s.run(t)
			assertConserved(t, o)
			assert.Empty(t, w.truth(s, sceneWarmup).contradictions(o.Window))
		})
	}
}

// mutations are ways in which a generator could tell something else than the truth.
var mutations = []struct {
	name   string
	scene  string // in which it shows
	mutate func([]measure.Sample) []measure.Sample
}{
	{"response times from the send", "loop, freeze, 1 connections",
		each(func(s *measure.Sample) { s.Done -= s.Sent - s.Scheduled })},
	{"response times from the release", "loop, standstill, 4 connections",
		each(func(s *measure.Sample) { s.Done -= s.Released - s.Scheduled })},
	{"the send moves the schedule", "loop, freeze, 4 connections",
		each(func(s *measure.Sample) { s.Scheduled, s.Released = s.Sent, s.Sent })},
	{
		"one sample dropped", "loop, freeze, 256 connections",
		func(all []measure.Sample) []measure.Sample { return all[:len(all)-1] },
	},
	{"the slowest dropped", "loop, freeze, 256 connections", func(all []measure.Sample) []measure.Sample {
		return slices.DeleteFunc(all, func(s measure.Sample) bool { return s.Done-s.Scheduled > 100*ms })
	}},
	{
		"one sample twice", "loop, freeze, 256 connections",
		func(all []measure.Sample) []measure.Sample { return append(all, all[len(all)-1]) },
	},
	{"averages instead of values", "loop, freeze, 256 connections", func(all []measure.Sample) []measure.Sample {
		sum := time.Duration(0)
		for _, s := range all {
			sum += s.Done - s.Scheduled
		}
		return each(func(s *measure.Sample) { s.Done = s.Scheduled + sum/time.Duration(len(all)) })(all)
	}},
	{
		"long ones cut", "loop, freeze, 256 connections",
		each(func(s *measure.Sample) { s.Done = min(s.Done, s.Scheduled+100*ms) }),
	},
	{"answered when sent", "loop, freeze, 256 connections", each(func(s *measure.Sample) { s.Done = s.Sent })},
	{"the wait put down to the generator", "loop, overload", each(func(s *measure.Sample) { s.Released = s.Sent })},
	{"the schedule lag put down to the system", "loop, standstill, 4 connections",
		each(func(s *measure.Sample) { s.Released = s.Scheduled })},
	{"the wait counted as service", "loop, overload", each(func(s *measure.Sample) { s.Sent = s.Released })},
}

// each changes every sample.
func each(change func(*measure.Sample)) func([]measure.Sample) []measure.Sample {
	return func(all []measure.Sample) []measure.Sample {
		for i := range all {
			change(&all[i])
		}
		return all
	}
}

// What [TestDriveTellsTheTruth] checks is seen to be wrong when it is.
func TestTheTruthHasTeeth(t *testing.T) {
	type seen struct {
		*witness
		*truth
	}
	runs := map[string]func() seen{}
	for name, s := range scenes() {
		runs[name] = sync.OnceValue(func() seen {
			w, _ := s.run(t)
			return seen{w, w.truth(s, sceneWarmup)}
		})
	}
	window := func(samples []measure.Sample) *measure.Window {
		r, err := measure.NewRecorder(0, sceneWarmup, sceneWarmup+sceneLength)
		require.NoError(t, err)
		for _, s := range samples {
			r.Record(s)
		}
		return r.Windows()[1]
	}
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			run := runs[m.scene]()
			slices.SortFunc(run.samples, func(a, b measure.Sample) int { return int(a.Scheduled - b.Scheduled) })
			require.Empty(t, run.contradictions(window(run.samples)), "without the mutation")
			assert.NotEmpty(t, run.contradictions(window(m.mutate(slices.Clone(run.samples)))),
				"the mutation goes unseen")
		})
	}
}

// quantile is the exact quantile of values.
func quantile(values []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(1, int(math.Ceil(q*float64(len(sorted))-1e-9)))-1]
}
