package measure

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errWrong = errors.New("wrong answer")

const ms = time.Millisecond

// sample is one that was on time and answered after the given time.
func sample(scheduled, took time.Duration, err error) Sample {
	return Sample{
		Scheduled: scheduled, Released: scheduled, Sent: scheduled, Done: scheduled + took, Endpoint: "account",
		Worker: "1", Status: 200, Err: err,
	}
}

func unsent(scheduled time.Duration) Sample {
	return Sample{
		Scheduled: scheduled, Released: scheduled + ms, Endpoint: "account", Unsent: true,
		Err: errors.New("no connection"),
	}
}

func record(t *testing.T, samples ...Sample) (warmup, window *Window) {
	t.Helper()
	r, err := NewRecorder(0, 2*time.Second, 5*time.Second)
	require.NoError(t, err)
	for _, s := range samples {
		r.Record(s)
	}
	w := r.Windows()
	require.Len(t, w, 2)
	return w[0], w[1]
}

func TestRecorderCountsBySchedulesAndArrivals(t *testing.T) {
	type counts struct{ offered, sent, unsent, succeeded, failed, completed uint64 }
	of := func(w *Window) counts {
		return counts{w.Offered, w.Sent, w.Unsent, w.Succeeded, w.Failed, w.Completed}
	}
	for _, c := range []struct {
		name           string
		sample         Sample
		warmup, window counts
	}{
		{"a good answer in the window", sample(3*time.Second, ms, nil), counts{}, counts{1, 1, 0, 1, 0, 1}},
		{"a good answer in the warm-up", sample(time.Second, ms, nil), counts{1, 1, 0, 1, 0, 1}, counts{}},
		{"scheduled in the warm-up, answered in the window", sample(1999*ms, 2*ms, nil), counts{1, 1, 0, 1, 0, 0},
			counts{0, 0, 0, 0, 0, 1}},
		{"scheduled in the window, answered after it", sample(4999*ms, 2*ms, nil), counts{}, counts{1, 1, 0, 1, 0, 0}},
		{"scheduled at the window's start", sample(2*time.Second, ms, nil), counts{}, counts{1, 1, 0, 1, 0, 1}},
		{"answered at the window's end", sample(4999*ms, ms, nil), counts{}, counts{1, 1, 0, 1, 0, 0}},
		{"scheduled at the window's end", sample(5*time.Second, ms, nil), counts{}, counts{}},
		{"a wrong answer completes nothing", sample(3*time.Second, ms, errWrong), counts{}, counts{1, 1, 0, 0, 1, 0}},
		{"never sent", unsent(3 * time.Second), counts{}, counts{1, 0, 1, 0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			warmup, window := record(t, c.sample)
			assert.Equal(t, c.warmup, of(warmup), "warm-up")
			assert.Equal(t, c.window, of(window), "window")
		})
	}
}

func TestRecorderTakesEachTimeForWhatItIs(t *testing.T) {
	s := Sample{
		Scheduled: 3000 * ms, Released: 3001 * ms, Sent: 3011 * ms, Done: 3111 * ms, Endpoint: "risk", Worker: "2",
		Err: errWrong,
	}
	_, w := record(t, s, unsent(3500*ms))
	for name, c := range map[string]struct {
		h     *Histogram
		count uint64
		want  time.Duration
	}{
		"response": {w.Response, 1, 111 * ms}, "service": {w.Service, 1, 100 * ms}, "wait": {w.Wait, 1, 10 * ms},
		"schedule lag of sent and unsent": {w.ScheduleLag, 2, ms},
		"of the endpoint":                 {w.Endpoints[0].Response, 1, 111 * ms},
		"of the worker":                   {w.Workers[0].Service, 1, 100 * ms},
		"of the second":                   {w.Seconds[1].Response, 1, 111 * ms},
	} {
		got, ok := c.h.Quantile(1)
		require.True(t, ok, name)
		assert.Equal(t, c.count, c.h.Count(), name)
		assert.InEpsilon(t, float64(c.want), float64(got), 0.001, name)
	}
	assert.Equal(t, uint64(2), w.Seconds[1].Offered)
	assert.Equal(t, uint64(2), w.Seconds[1].Failed)
	assert.Equal(t, []ErrorCount{{"account", "no connection", 1, ""}, {"risk", "wrong answer", 1, ""}}, w.Errors)
}

func TestRecorderCountsWhatItCannotHold(t *testing.T) {
	late := sample(3*time.Second, 2*Highest, nil) // response and service
	backwards := sample(3*time.Second, ms, nil)
	backwards.Released = backwards.Sent + ms // wait below 0
	_, w := record(t, late, backwards)
	assert.Equal(t, uint64(3), w.OutOfRange)
	assert.Equal(t, uint64(2), w.Response.Count())
}

func TestRecorderSortsNumbersAsNumbers(t *testing.T) {
	var all []Sample
	for _, name := range []string{"10", "9", "1", "b", "a", ""} {
		s := sample(3*time.Second, ms, nil)
		s.Worker = name
		all = append(all, s)
	}
	_, w := record(t, all...)
	var names []string
	for _, b := range w.Workers {
		names = append(names, b.Name)
	}
	assert.Equal(t, []string{"1", "9", "10", "a", "b"}, names)
}

func TestRecorderIsBounded(t *testing.T) {
	var all []Sample
	for i := range 2 * MaxNames {
		s := sample(3*time.Second, ms, fmt.Errorf("no such thing as %s", strings.Repeat("x", i+1)))
		s.Worker, s.Endpoint = fmt.Sprint("w", i), fmt.Sprint("e", i)
		s.Answer = []byte(strings.Repeat("ä", 1000))
		all = append(all, s)
	}
	_, w := record(t, all...)
	require.Len(t, w.Workers, MaxNames+1)
	require.Len(t, w.Endpoints, MaxNames+1)
	require.Len(t, w.Errors, MaxErrors+1)
	assert.Equal(t, OtherErrors, w.Errors[0].Message)
	sum := uint64(0)
	for _, e := range w.Errors {
		sum += e.Count
		assert.LessOrEqual(t, len(e.Message), MaxErrorMessage)
		assert.LessOrEqual(t, len(e.Example), MaxErrorExample)
		assert.Equal(t, strings.Repeat("ä", MaxErrorExample/2), e.Example)
	}
	assert.Equal(t, w.Failed, sum)
	var others Breakdown
	for _, b := range w.Workers {
		if b.Name == OtherNames {
			others = b
		}
	}
	assert.Equal(t, uint64(MaxNames), others.Failed)
}

func TestMessagesOfLikeFailuresAreEqual(t *testing.T) {
	for _, c := range []struct{ name, message, want string }{
		{"ports", "read tcp 127.0.0.1:45122->127.0.0.1:3001: connection reset",
			"read tcp 127.0.0.1:#->127.0.0.1:#: connection reset"},
		{"a status stays", "status 503, want 2xx", "status 503, want 2xx"},
		{"long numbers", "balance is 123456, want 99", "balance is #, want 99"},
		{"identifiers", "session 7f3a9c1d22b04e5f is unknown", "session # is unknown"},
		{"uuids", "id 123e4567-e89b-12d3-a456-426614174000", "id #-e89b-12d3-a456-#"},
		{"a number within a word", "account4711x", "account#x"},
		{"words that look hexadecimal", "deadbeef facade", "deadbeef facade"},
		{"control characters and broken UTF-8", "a\nb\x00c\xff", "a b c?"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, normalise(errors.New(c.message))) })
	}
	assert.Equal(t, strings.Repeat("ä", MaxErrorMessage/2), normalise(errors.New(strings.Repeat("ä", 5000))))
}

// Whatever is recorded, in whatever order, by however many goroutines: nothing is lost.
func TestRecorderConservesRequests(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r, err := NewRecorder(0, 1500*ms, 4200*ms)
		require.NoError(t, err)
		var good [2]uint64 // by arrival
		var wg sync.WaitGroup
		for range 500 {
			s := sample(time.Duration(rng.Int64N(int64(4200*ms))), time.Duration(rng.ExpFloat64()*float64(200*ms)), nil)
			s.Worker, s.Endpoint = fmt.Sprint(rng.IntN(4)), fmt.Sprint("e", rng.IntN(3))
			switch rng.IntN(10) {
			case 0:
				s = unsent(s.Scheduled)
			case 1:
				s.Err = errWrong
			default:
				if s.Done < 1500*ms {
					good[0]++
				} else if s.Done < 4200*ms {
					good[1]++
				}
			}
			wg.Go(func() { r.Record(s) })
		}
		wg.Wait()
		windows := r.Windows()
		assert.Equal(t, uint64(500), windows[0].Offered+windows[1].Offered)
		for i, w := range windows {
			assertConserved(t, w)
			assert.Equal(t, good[i], w.Completed)
		}
	}
}

// assertConserved checks all that must add up in any window.
func assertConserved(t *testing.T, w *Window) {
	t.Helper()
	assert.Equal(t, w.Offered, w.Sent+w.Unsent)
	assert.Equal(t, w.Sent, w.Succeeded+w.Failed)
	assert.Equal(t, w.Offered, w.ScheduleLag.Count())
	for _, h := range []*Histogram{w.Response, w.Service, w.Wait} {
		assert.Equal(t, w.Sent, h.Count())
	}
	var seconds Second
	var responses, errs uint64
	for _, s := range w.Seconds {
		seconds.Offered, seconds.Failed, seconds.Completed = seconds.Offered+s.Offered, seconds.Failed+s.Failed,
			seconds.Completed+s.Completed
		responses += s.Response.Count()
	}
	for _, e := range w.Errors {
		errs += e.Count
	}
	assert.Equal(t, w.Offered, seconds.Offered)
	assert.Equal(t, w.Failed+w.Unsent, seconds.Failed)
	assert.Equal(t, w.Completed, seconds.Completed)
	assert.Equal(t, w.Sent, responses)
	assert.Equal(t, w.Failed+w.Unsent, errs)
	var endpoints Breakdown
	for _, b := range w.Endpoints {
		endpoints.Succeeded, endpoints.Failed = endpoints.Succeeded+b.Succeeded, endpoints.Failed+b.Failed
		assert.Equal(t, b.Succeeded+b.Failed, b.Response.Count())
	}
	assert.Equal(t, w.Succeeded, endpoints.Succeeded)
	assert.Equal(t, w.Failed, endpoints.Failed)
}

func TestRecorderCutEndsTheWindowsEarly(t *testing.T) {
	for _, c := range []struct {
		name                      string
		at                        time.Duration
		warmupEnd, windowEnd      time.Duration
		warmupSeconds, windowSecs int
	}{
		{"in the warm-up", 1200 * ms, 1200 * ms, 2 * time.Second, 2, 0},
		{"in the window", 3200 * ms, 2 * time.Second, 3200 * ms, 2, 2},
		{"at the window's start", 2 * time.Second, 2 * time.Second, 2 * time.Second, 2, 0},
		{"after the window", 9 * time.Second, 2 * time.Second, 5 * time.Second, 2, 3},
		{"before anything", -ms, 0, 2 * time.Second, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := NewRecorder(0, 2*time.Second, 5*time.Second)
			require.NoError(t, err)
			r.Cut(c.at)
			w := r.Windows()
			assert.Equal(t, c.warmupEnd, w[0].End)
			assert.Equal(t, c.windowEnd, w[1].End)
			assert.Len(t, w[0].Seconds, c.warmupSeconds)
			assert.Len(t, w[1].Seconds, c.windowSecs)
		})
	}
}

func TestRecorderRefusesEdgesThatMakeNoWindow(t *testing.T) {
	for _, edges := range [][]time.Duration{{}, {0}, {-1, 1}, {0, 2, 1}} {
		_, err := NewRecorder(edges...)
		assert.Error(t, err, "%v", edges)
	}
	_, err := NewRecorder(0, 0, time.Second)
	assert.NoError(t, err, "an empty warm-up is one")
}

func TestRecorderAllocatesNothingInTheSteadyState(t *testing.T) {
	r, err := NewRecorder(0, time.Second)
	require.NoError(t, err)
	values := lognormal(1 << 12)
	for _, v := range values {
		r.Record(sample(0, v, nil))
	}
	i := 0
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		r.Record(sample(0, values[i&(len(values)-1)], nil))
		i++
	}))
}

// One recorder behind its lock against one for each goroutine.
func BenchmarkRecorder(b *testing.B) {
	values := lognormal(1 << 12)
	run := func(b *testing.B, recorder func() *Recorder) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			r := recorder()
			for i := 0; pb.Next(); i++ {
				r.Record(sample(time.Duration(i&7)*time.Second, values[i&(len(values)-1)], nil))
			}
		})
	}
	fresh := func() *Recorder {
		r, err := NewRecorder(0, 2*time.Second, 8*time.Second)
		require.NoError(b, err)
		return r
	}
	b.Run("recorders=one", func(b *testing.B) {
		r := fresh()
		run(b, func() *Recorder { return r })
	})
	b.Run("recorders=observed", func(b *testing.B) {
		r := fresh()
		r.Observe()
		run(b, func() *Recorder { return r })
	})
	b.Run("recorders=each", func(b *testing.B) { run(b, fresh) })
}

func TestGoodputCountsNoBacklogFromBeforeTheWindow(t *testing.T) {
	backlog := func(n int) (all []Sample) {
		for i := range n {
			all = append(all, sample(1999*ms, time.Duration(2+i)*ms, nil))
		}
		return all
	}
	for _, c := range []struct {
		name    string
		samples []Sample
		want    float64 // of a window of three seconds
	}{
		{"nothing was scheduled in the window", backlog(9), 0},
		{
			"a backlog beside its own requests",
			append(backlog(9), sample(2*time.Second, ms, nil), sample(3*time.Second, ms, nil),
				sample(4*time.Second, ms, nil)), 1,
		},
		{"its own requests failed while the backlog was worked off",
			append(backlog(3), sample(3*time.Second, ms, errWrong)), 0},
		{
			"answered after the window",
			[]Sample{sample(4999*ms, ms, nil), sample(4999*ms, 2*ms, nil), sample(3*time.Second, ms, nil)}, 1.0 / 3,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, w := record(t, c.samples...)
			assert.InDelta(t, c.want, w.Goodput(), 1e-9)
		})
	}
}

func TestAnOpenWindowEndsWhereTheNextOneBegins(t *testing.T) {
	r := NewOpenRecorder()
	r.Record(sample(time.Second, 100*ms, nil))
	r.Record(sample(2900*ms, 50*ms, nil))
	assert.False(t, r.Begin(2900*ms, 5*time.Second), "a sample of then has been recorded")
	assert.False(t, r.Begin(2950*ms, 5*time.Second), "one was answered then")
	assert.False(t, r.Begin(4*time.Second, 3*time.Second))
	require.True(t, r.Begin(3500*ms, 5*time.Second))
	assert.False(t, r.Begin(4*time.Second, 5*time.Second), "there is no open window any more")
	r.Record(sample(3400*ms, 200*ms, nil)) // of the first, answered in the second
	r.Record(sample(3500*ms, 10*ms, nil))
	w := r.Windows()
	require.Len(t, w, 2)
	assert.Equal(t, []uint64{3, 3, 2}, []uint64{w[0].Offered, w[0].Succeeded, w[0].Completed})
	assert.Equal(t, []uint64{1, 1, 2}, []uint64{w[1].Offered, w[1].Succeeded, w[1].Completed})
	assert.Len(t, w[0].Seconds, 4)
	assert.Equal(t, 3*time.Second, w[0].Seconds[3].At)
	assert.Len(t, w[1].Seconds, 2)
	assert.Equal(t, uint64(1), w[0].Seconds[1].Offered)
}

func TestAnOpenWindowCanBeCut(t *testing.T) {
	r := NewOpenRecorder()
	r.Record(sample(100*ms, 100*ms, nil))
	r.Cut(2500 * ms)
	w := r.Windows()
	require.Len(t, w, 1)
	assert.Equal(t, 2500*ms, w[0].End)
	assert.Len(t, w[0].Seconds, 3)
}
