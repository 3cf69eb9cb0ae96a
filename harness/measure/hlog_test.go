package measure

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/effort"
)

var logStart = time.Date(2026, 11, 23, 20, 15, 0, 0, time.UTC)

// recorded makes two windows with awkward names in them.
func recorded(t testing.TB) (warmup, window *Window) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	r, err := NewRecorder(0, 1500*ms, 4*time.Second)
	require.NoError(t, err)
	names := []string{"account", "with, comma and space", "a.response", "", "zeile\n2", "100 %", "\xff", "ünï=;"}
	for i := range 3000 {
		s := sample(time.Duration(i)*4*ms/3, time.Duration(rng.ExpFloat64()*float64(20*ms)), nil)
		s.Released, s.Sent = s.Scheduled+time.Duration(rng.IntN(1000)), s.Scheduled+2000
		s.Endpoint, s.Worker = names[i%len(names)], names[(i/8)%len(names)]
		if i%100 == 0 {
			s.Done += 2 * Highest
		}
		r.Record(s)
	}
	w := r.Windows()
	return w[0], w[1]
}

// bare is a window as it comes from JSON: everything but its histograms.
func bare(w *Window) *Window {
	b := *w
	b.Response, b.Service, b.ScheduleLag, b.Wait = nil, nil, nil, nil
	strip := func(all []Breakdown) (bare []Breakdown) {
		for _, x := range all {
			x.Response, x.Service = nil, nil
			bare = append(bare, x)
		}
		return bare
	}
	b.Endpoints, b.Workers, b.Seconds = strip(w.Endpoints), strip(w.Workers), nil
	for _, s := range w.Seconds {
		s.Response = nil
		b.Seconds = append(b.Seconds, s)
	}
	return &b
}

func written(t testing.TB, warmup, window *Window) []byte {
	t.Helper()
	var log bytes.Buffer
	require.NoError(t, WriteLog(&log, logStart, warmup, window))
	return log.Bytes()
}

func TestLogGivesBackEveryHistogram(t *testing.T) {
	effort.NoGoroutines(t)
	warmup, window := recorded(t)
	log := written(t, warmup, window)
	gotWarmup, gotWindow := bare(warmup), bare(window)
	require.NoError(t, ReadLog(bytes.NewReader(log), gotWarmup, gotWindow))
	want := append(slots("warmup", warmup), slots("window", window)...)
	got := append(slots("warmup", gotWarmup), slots("window", gotWindow)...)
	require.Equal(t, len(want), len(got))
	for i := range want {
		a, b := *want[i].histogram, *got[i].histogram
		require.Equal(t, a.Count(), b.Count(), want[i].tag)
		for q := 0.0; q <= 1; q += 0.001 {
			x, _ := a.Quantile(q)
			y, _ := b.Quantile(q)
			require.Equal(t, x, y, "%s at %v", want[i].tag, q)
		}
		require.NotNil(t, b.packed, "%s takes as much room as one that is recorded into", want[i].tag)
	}
	assert.Equal(t, window.OutOfRange, gotWindow.OutOfRange)
	assert.NotZero(t, gotWindow.OutOfRange)
	assert.Equal(t, log, written(t, gotWarmup, gotWindow), "written again, it is the same")
}

// The log is the format that other tools of the HdrHistogram family read.
func TestLogIsReadByTheLibrary(t *testing.T) {
	warmup, window := recorded(t)
	log := written(t, warmup, window)
	assert.True(t, strings.HasPrefix(string(log), "#[Histogram log format version 1.3]\n#[StartTime: "), "%.80s", log)
	r := hdrhistogram.NewHistogramLogReader(bytes.NewReader(log))
	tags := map[string]*hdrhistogram.Histogram{}
	for {
		h, err := r.NextIntervalHistogram()
		require.NoError(t, err)
		if h == nil {
			break
		}
		tags[h.Tag()] = h
	}
	second := tags["window.second.1.response"]
	require.NotNil(t, second)
	assert.Equal(t, logStart.Add(2500*ms).UnixMilli(), second.StartTimeMs())
	assert.Equal(t, logStart.Add(3500*ms).UnixMilli(), second.EndTimeMs())
	assert.Contains(t, tags, "warmup.response")
	assert.Contains(t, tags, "window.endpoint.with%2C%20comma%20and%20space.service")
	assert.Len(t, tags, 2*(4+2*8+2*7)+2+3)
}

func TestLogOfWindowsWithoutHistogramsHoldsEmptyOnes(t *testing.T) {
	warmup, window := &Window{}, &Window{Seconds: []Second{{}}}
	log := written(t, warmup, window)
	require.NoError(t, ReadLog(bytes.NewReader(log), warmup, window))
	assert.Zero(t, window.Seconds[0].Response.Count())
	assert.Zero(t, warmup.Wait.Count())
}

func TestLogThatIsNotWholeIsRefused(t *testing.T) {
	effort.NoGoroutines(t)
	warmup, window := recorded(t)
	log := string(written(t, warmup, window))
	lines := strings.SplitAfter(log, "\n")
	lines = lines[:len(lines)-1]
	other := hdrhistogram.New(1, 1000, 2)
	other.SetTag("window.response")
	var otherLine bytes.Buffer
	require.NoError(t, hdrhistogram.NewHistogramLogWriter(&otherLine).OutputIntervalHistogram(other))
	replace := func(prefix, with string) string {
		var b strings.Builder
		for _, l := range lines {
			if strings.HasPrefix(l, prefix) {
				l = with
			}
			b.WriteString(l)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, log string
		want      error
	}{
		{"empty", "", ErrLogMissing},
		{"cut within a line", log[:len(log)-40], ErrLogGarbled},
		{"cut before the last line's end", log[:len(log)-1], ErrLogGarbled},
		{"cut between lines", strings.Join(lines[:len(lines)-1], ""), ErrLogMissing},
		{"not a log", "<html>busy</html>\n", ErrLogGarbled},
		{"one is missing", replace("Tag=window.wait,", ""), ErrLogMissing},
		{"one is there twice", log + lines[len(lines)-1], ErrLogGarbled},
		{"one belongs to nothing", strings.Replace(log, "Tag=window.wait,", "Tag=window.weight,", 1), ErrLogUnknown},
		{"a payload is cut", replace("Tag=window.wait,", "Tag=window.wait,0.0,1.0,1.0,HISTFAAA\n"), ErrLogGarbled},
		{"a payload is no histogram", replace("Tag=window.wait,", "Tag=window.wait,0.0,1.0,1.0,!!!\n"), ErrLogGarbled},
		{"a line without fields", replace("Tag=window.wait,", "Tag=window.wait\n"), ErrLogGarbled},
		{"a line without times", replace("Tag=window.wait,", "Tag=window.wait,,,,x\n"), ErrLogGarbled},
		{"other bounds", replace("Tag=window.response,", otherLine.String()), ErrLogBounds},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := bare(warmup), bare(window)
			assert.ErrorIs(t, ReadLog(strings.NewReader(c.log), a, b), c.want)
			assert.Nil(t, a.Response, "nothing is set")
			assert.Nil(t, b.Seconds[0].Response, "nothing is set")
		})
	}
}

func TestLogSaysWhenItCannotBeReadOrWritten(t *testing.T) {
	warmup, window := recorded(t)
	broken, end := io.Pipe()
	require.NoError(t, end.CloseWithError(io.ErrUnexpectedEOF))
	assert.ErrorIs(t, ReadLog(broken, bare(warmup), bare(window)), io.ErrUnexpectedEOF)
	for _, room := range []int{0, 100, 3000} {
		assert.ErrorIs(t, WriteLog(&full{room}, logStart, warmup, window), io.ErrShortWrite, "%d", room)
	}
}

// full is a writer with no more room than that.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func FuzzReadLog(f *testing.F) {
	r, err := NewRecorder(0, time.Second, 2*time.Second)
	require.NoError(f, err)
	r.Record(sample(0, ms, nil))
	r.Record(sample(1500*ms, ms, nil))
	w := r.Windows()
	log := written(f, w[0], w[1])
	f.Add(log)
	f.Add(log[:len(log)/2])
	f.Add([]byte("Tag=window.response,1,2,3,HISTFAAA\n#[StartTime: x\n\n"))
	f.Add([]byte("#[StartTime: 1\nTag=,,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, b := bare(w[0]), bare(w[1])
		if err := ReadLog(bytes.NewReader(data), a, b); err != nil {
			return
		}
		for _, s := range append(slots("warmup", a), slots("window", b)...) {
			if h := *s.histogram; h.Count() > 0 {
				_, ok := h.Quantile(0.99)
				require.True(t, ok)
			}
		}
		again := written(t, a, b)
		require.NoError(t, ReadLog(bytes.NewReader(again), a, b))
	})
}

// An hour of seconds stays small.
func TestAnHourOfSecondsIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("records ten minutes")
	}
	r, err := NewRecorder(0, time.Second, 601*time.Second)
	require.NoError(t, err)
	before := memory()
	values := lognormal(1 << 14)
	for i := range 600_000 { // 1,000 req/s
		r.Record(sample(time.Second+time.Duration(i)*ms, values[i&(len(values)-1)], nil))
	}
	grown := memory() - before
	assert.Less(t, grown, int64(20<<20), fmt.Sprintf("%d bytes for ten minutes", grown))
	assert.Len(t, r.Windows()[1].Seconds, 600)
}
