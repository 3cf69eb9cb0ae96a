package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"
	"github.com/tsenart/vegeta/v12/lib/plot"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var origin = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

// run is what the tests record.
var run = Run{Number: 1, URL: "http://127.0.0.1:80", Operations: []Operation{
	{"read", "GET", "/a?b=c"}, {"write", "POST", "/d"},
}}

func keep(t testing.TB) *Kept {
	t.Helper()
	k, err := Keep(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

func none(int) bool { return false }

// written is the stream of a format, decoded by vegeta.
func written(t *testing.T, k *Kept, f Format) (all []vegeta.Result, w Written) {
	t.Helper()
	var text bytes.Buffer
	w, err := k.Write(&text, f, none)
	require.NoError(t, err)
	if text.Len() == 0 {
		return nil, w
	}
	decode := vegeta.DecoderFor(&text)
	require.NotNil(t, decode)
	for {
		var r vegeta.Result
		if err := decode(&r); err == io.EOF {
			return all, w
		} else {
			require.NoError(t, err)
		}
		all = append(all, r)
	}
}

// samples are some, one each millisecond, in the order in which they were done.
func samples(count int) []measure.Sample {
	random := rand.New(rand.NewPCG(1, 2))
	var all []measure.Sample
	for i := range count {
		at := time.Duration(i) * time.Millisecond
		s := measure.Sample{
			Scheduled: at, Released: at, Sent: at + 100*time.Microsecond, Endpoint: "read", Status: 200, In: 5,
			Done: at + time.Duration(random.ExpFloat64()*float64(20*time.Millisecond)) + 200*time.Microsecond,
		}
		switch i % 100 {
		case 1, 2, 3:
			s.Endpoint, s.Status, s.Out, s.Err = "write", 503, 7, errors.New("status 503, want 2xx")
		case 4:
			s.Status, s.In, s.Err = 0, 0, errors.New("no answer")
		case 5:
			s.Err = errors.New("the answer is another one")
		case 6:
			s = measure.Sample{Scheduled: at, Released: at, Unsent: true, Err: errors.New("never sent")}
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b measure.Sample) int { return int(a.Done - b.Done) })
	return all
}

// TestVegetasFiguresAreOurs records the same requests for both, some of them before the window.
func TestVegetasFiguresAreOurs(t *testing.T) {
	k := keep(t)
	ours, err := measure.NewRecorder(0, time.Second, 11*time.Second)
	require.NoError(t, err)
	r := k.Begin(run)
	for _, s := range samples(11_000) {
		ours.Record(s)
		r.Observe(s)
	}
	window := ours.Windows()[1]
	r.End(origin, window)
	for _, f := range []Format{Gob, JSON, CSV} {
		all, w := written(t, k, f)
		assert.Equal(t, Written{Runs: 1, Requests: window.Sent, Unsent: window.Unsent}, w)
		var theirs vegeta.Metrics
		var latencies []time.Duration
		drawn := plot.New()
		for i := range all {
			theirs.Add(&all[i])
			latencies = append(latencies, all[i].Latency)
			require.NoError(t, drawn.Add(&all[i]), "vegeta plot wants them in order")
			require.EqualValues(t, i, all[i].Seq)
		}
		theirs.Close()
		assert.Equal(t, window.Sent, theirs.Requests)
		assert.InDelta(t, float64(window.Succeeded)/float64(window.Sent), theirs.Success, 1e-12)
		assert.InEpsilon(t, float64(window.Sent)/10, theirs.Rate, 0.001)
		assert.True(t, origin.Add(time.Second).Equal(theirs.Earliest), "the moment of the schedule")
		resolution := 0.001 // of the histogram
		assert.InEpsilon(t, mean(t, window.Response), float64(theirs.Latencies.Mean), resolution)
		slices.Sort(latencies)
		for q, approximate := range map[float64]time.Duration{
			0.5: theirs.Latencies.P50, 0.99: theirs.Latencies.P99, 1: theirs.Latencies.Max,
		} {
			v, ok := window.Response.Quantile(q)
			require.True(t, ok)
			rank := func(q float64) time.Duration {
				return latencies[max(0, min(len(latencies), int(math.Ceil(q*float64(len(latencies)))))-1)]
			}
			assert.InEpsilon(t, v, rank(q), resolution, "%v", q)
			assert.LessOrEqual(t, rank(q-0.002), approximate, "vegeta's own quantiles are approximate")
			assert.GreaterOrEqual(t, rank(q+0.002), approximate)
		}
	}
}

// mean is that of a histogram's values, in nanoseconds.
func mean(t *testing.T, h *measure.Histogram) float64 {
	t.Helper()
	sum := 0.0
	for i := range h.Count() {
		v, ok := h.Quantile(float64(i+1) / float64(h.Count()))
		require.True(t, ok)
		sum += float64(v)
	}
	return sum / float64(h.Count())
}

func TestEachRequestIsWhatWasSeen(t *testing.T) {
	k := keep(t)
	r := k.Begin(run)
	for _, s := range samples(10) {
		r.Observe(s)
	}
	r.Observe(measure.Sample{
		Scheduled: 20 * time.Millisecond, Done: 21 * time.Millisecond, Endpoint: "other", Status: 204,
	})
	r.End(origin, measure.NewWindow(time.Millisecond, time.Second))
	again := k.Begin(Run{Number: 2, URL: "http://127.0.0.1:81"})
	again.Observe(measure.Sample{Scheduled: time.Millisecond, Done: 2 * time.Millisecond})
	again.End(origin, measure.NewWindow(0, time.Second))
	never := k.Begin(Run{Number: 3})
	never.Observe(measure.Sample{})
	never.End(time.Time{}, nil)
	all, w := written(t, k, Gob)
	assert.Equal(t, Written{Runs: 3, Requests: 10}, w)
	assert.Contains(t, w.String(), "10 requests in 3 runs; latencies count from")
	assert.Contains(t, Written{Runs: 1, Requests: 2, Unsent: 3}.String(), "2 requests in 1 run; ")
	assert.Contains(t, Written{Runs: 1, Requests: 2, Unsent: 3}.String(), "\n3 requests were never sent")
	assert.Equal(t, "none, no request was sent", Written{}.String())
	var lines []string
	for _, r := range all {
		lines = append(lines, fmt.Sprintf("%s %d %v %d %d/%d %s %s %s", r.Attack, r.Seq, r.Timestamp.Sub(origin),
			r.Code, r.BytesOut, r.BytesIn, r.Method, r.URL, r.Error))
	}
	assert.Equal(t, []string{
		"run 1 0 1ms 503 7/5 POST http://127.0.0.1:80/d status 503, want 2xx",
		"run 1 1 2ms 503 7/5 POST http://127.0.0.1:80/d status 503, want 2xx",
		"run 1 2 3ms 503 7/5 POST http://127.0.0.1:80/d status 503, want 2xx",
		"run 1 3 4ms 0 0/0 GET http://127.0.0.1:80/a?b=c no answer",
		"run 1 4 5ms 0 0/5 GET http://127.0.0.1:80/a?b=c the answer is another one",
		"run 1 5 7ms 200 0/5 GET http://127.0.0.1:80/a?b=c ",
		"run 1 6 8ms 200 0/5 GET http://127.0.0.1:80/a?b=c ",
		"run 1 7 9ms 200 0/5 GET http://127.0.0.1:80/a?b=c ",
		"run 1 8 20ms 204 0/0  http://127.0.0.1:80 ",
		"run 2 0 1ms 0 0/0  http://127.0.0.1:81 ",
	}, lines)
	var text strings.Builder
	_, err := k.Write(&text, JSON, func(run int) bool { return run == 2 })
	require.NoError(t, err)
	assert.Contains(t, text.String(), `"run 2, excluded"`)
}

// TestWhatDrivesLoadTellsTheSizes sends requests with a body and reads answers.
func TestWhatDrivesLoadTellsTheSizes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write([]byte("hello"))
	}))
	defer server.Close()
	k := keep(t)
	r := k.Begin(Run{Number: 1, URL: server.URL, Operations: run.Operations})
	o, err := load.Drive(t.Context(), load.Config{
		BaseURL: server.URL, Source: writes{}, Schedule: load.Constant(50), Duration: 400 * time.Millisecond,
		Warmup: load.FixedWarmup(100 * time.Millisecond), Timeout: time.Minute, Connections: 2, Observe: r.Observe,
	})
	require.NoError(t, err)
	r.End(o.Origin, o.Window)
	all, _ := written(t, k, CSV)
	require.Len(t, all, 20)
	for _, one := range all {
		assert.EqualValues(t, 200, one.Code)
		assert.EqualValues(t, 3, one.BytesOut)
		assert.EqualValues(t, 5, one.BytesIn)
		assert.Equal(t, server.URL+"/d", one.URL)
	}
}

type writes struct{}

func (writes) Next() *load.Request {
	return &load.Request{Operation: "write", Method: "POST", Path: "/d", Body: []byte("abc")}
}

func TestADiskThatStallsKeepsNobodyWaiting(t *testing.T) {
	k := keep(t)
	r := k.recording(run) // nothing takes its blocks yet
	for i := range (blocks + 1) * blockSize {
		r.Observe(measure.Sample{Scheduled: time.Duration(i), Done: time.Duration(i + 1)})
	}
	r.ended.Go(r.store)
	r.End(origin, measure.NewWindow(0, time.Second))
	w, err := k.Write(io.Discard, Gob, none)
	require.NoError(t, err)
	assert.EqualValues(t, blocks*blockSize, w.Requests)
	assert.EqualError(t, w.Missing, "8192 requests of run 1 are missing: the disk was too slow")
}

func TestWhatCannotBeKeptIsMissing(t *testing.T) {
	k := keep(t)
	k.most = 10
	r := k.Begin(run)
	for range 11 {
		r.Observe(measure.Sample{})
	}
	r.End(origin, measure.NewWindow(0, time.Second))
	w, err := k.Write(io.Discard, Gob, none)
	require.NoError(t, err)
	assert.ErrorContains(t, w.Missing, "11 requests of run 1 are missing: there were more than")

	broken, err := Keep(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, broken.file.Close())
	r = broken.Begin(run)
	r.Observe(measure.Sample{})
	r.End(origin, measure.NewWindow(0, time.Second))
	w, err = broken.Write(io.Discard, Gob, none)
	require.NoError(t, err)
	assert.ErrorIs(t, w.Missing, os.ErrClosed)
	_, err = Keep("/dev/null/none")
	assert.ErrorContains(t, err, "keep requests")
	assert.ErrorContains(t, CheckFormat("gob"), `format "gob"; allowed: vegeta, vegeta-json, vegeta-csv`)
	assert.NoError(t, CheckCount(5000, time.Hour))
	assert.ErrorContains(t, CheckCount(5000, 24*time.Hour), "432000000 requests are too many to keep each of them")
}

func TestErrorsAreToldApartUpToABound(t *testing.T) {
	k := keep(t)
	r := k.Begin(run)
	for i := range 2 * maxErrors {
		r.Observe(measure.Sample{Scheduled: time.Duration(i), Err: fmt.Errorf("error %d", i)})
	}
	r.End(origin, measure.NewWindow(0, time.Second))
	all, _ := written(t, k, Gob)
	require.Len(t, all, 2*maxErrors)
	assert.Equal(t, "error 0", all[0].Error)
	assert.Equal(t, measure.OtherErrors, all[2*maxErrors-1].Error)
	assert.LessOrEqual(t, len(k.texts), maxErrors+1)
}

// TestNothingIsLeftBehind looks into the folder while requests are kept, and after.
func TestNothingIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	k, err := Keep(dir)
	require.NoError(t, err)
	require.NoError(t, k.Close())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// BenchmarkObserve tells what it costs to keep a request.
func BenchmarkObserve(b *testing.B) {
	k := keep(b)
	r := k.Begin(run)
	b.ReportAllocs()
	s := measure.Sample{Endpoint: "read", Status: 200}
	for b.Loop() {
		s.Scheduled++
		r.Observe(s)
	}
	r.End(origin, measure.NewWindow(0, time.Second))
	b.ReportMetric(float64(r.lost)/float64(b.N), "lost/op")
}
