package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
)

// going makes the folder of a run that is going on.
func going(t testing.TB, dir, id string) *archive.Journal {
	t.Helper()
	run := filepath.Join(dir, id)
	require.NoError(t, os.MkdirAll(run, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(run, "run.json"),
		[]byte(`{"version":1,"id":"`+id+`","suite":{"title":"A <suite>"}}`), 0o644))
	j, err := archive.OpenJournal(run)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, j.Close()) })
	return j
}

// second is a line of a journal: a second of load, in which rate requests were offered and answered.
func second(run, n int, rate uint64) archive.Progress {
	p50, p99, lag, workers := 2*time.Millisecond, time.Duration(10+n)*time.Millisecond, 30*time.Microsecond, 2
	return archive.Progress{
		Stage: "measure", Phase: 3, Name: "three \u202e<b>", Offered: 500, Workers: 2, Run: run, Runs: 6,
		Left: 90 * time.Second,
		Live: &measure.Live{
			At: time.Duration(n) * time.Second, Length: time.Second, Offered: rate, Completed: rate - 1, Failed: 1,
			P50: &p50, P99: &p99, ScheduleLag: &lag, Workers: &workers,
		},
	}
}

// clock is one that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func (v view) tile(name string) string {
	for _, t := range v.Tiles {
		if t.Name == name {
			return t.Value
		}
	}
	return ""
}

func TestTheLiveViewFollowsARun(t *testing.T) {
	dir := t.TempDir()
	c := &clock{time.Unix(1000, 0)}
	f := &follower{folder: os.DirFS(dir), now: c.now}
	var early, late cursor
	v := f.view(&early)
	assert.Equal(t, archive.Ended, v.State)
	assert.Contains(t, v.Head, "No run is going on.")
	assert.Empty(t, v.Tiles)

	j := going(t, dir, "20260302T080000Z-a")
	c.pass(searchEvery)
	v = f.view(&early)
	assert.Equal(t, archive.Going, v.State, "it picks up a run that begins")
	assert.Equal(t, "A <suite>", v.Title)
	assert.Equal(t, "–", v.tile("Response time p99"), "no load is offered yet")
	assert.Equal(t, "–", v.tile("Errors"))

	j.Add(second(1, 1, 500))
	j.Add(second(1, 2, 400))
	c.pass(every)
	v = f.view(&early)
	assert.Equal(t, "Phase 3 three <b>, run 1 of 6: measure", v.Head)
	assert.Equal(t, "Phase 3 three <b>, run 1", v.Series)
	assert.True(t, v.Fresh)
	require.Len(t, v.Points, 2)
	assert.InDelta(t, 12, *v.Points[1].P99, 1e-9)
	assert.Equal(t, "400 req/s", v.tile("Offered"))
	assert.Equal(t, "399 req/s", v.tile("Answered"))
	assert.Equal(t, "2 of 2", v.tile("Workers"))
	assert.Equal(t, "1 min 30 s", v.tile("Time left, estimate"))
	j.Add(second(1, 3, 300))
	assert.Empty(t, f.view(&early).Points, "within a second nothing is read again")
	c.pass(every)
	v = f.view(&early)
	assert.False(t, v.Fresh)
	assert.Len(t, v.Points, 1, "only what was added")
	v = f.view(&late)
	assert.True(t, v.Fresh)
	assert.Len(t, v.Points, 3, "who comes late gets all")

	j.Add(archive.Progress{Stage: "stop", Phase: 3, Run: 1, Runs: 6})
	c.pass(every)
	v = f.view(&early)
	assert.Equal(t, "–", v.tile("Response time p99"), "no load is offered now")
	assert.Empty(t, v.Points)
	assert.NotEmpty(t, v.Series, "what was drawn stays")
	l := second(2, 1, 500)
	l.Live.P99, l.Live.Workers = nil, nil
	j.Add(l)
	c.pass(every)
	v = f.view(&early)
	assert.True(t, v.Fresh, "another run")
	assert.Len(t, v.Points, 1)
	assert.Equal(t, "unknown", v.tile("Response time p99"), "what is not known is not 0")
	assert.Equal(t, "unknown", v.tile("Workers"))
}

func TestTheLiveViewPicksUpTheNextRun(t *testing.T) {
	dir := t.TempDir()
	c := &clock{time.Unix(1000, 0)}
	f := &follower{folder: os.DirFS(dir), now: c.now}
	var early cursor
	j := going(t, dir, "20260302T080000Z-a")
	assert.Equal(t, "20260302T080000Z-a", f.view(&early).Run)
	require.NoError(t, j.Close())
	c.pass(searchEvery)
	assert.Contains(t, f.view(&early).Head, "No run is going on.")
	going(t, dir, "20260302T090000Z-b")
	c.pass(searchEvery)
	assert.Equal(t, "20260302T090000Z-b", f.view(&early).Run)
}

func TestTheLiveViewSaysThatARunWasKilled(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "20260302T080000Z-a")
	require.NoError(t, os.MkdirAll(run, 0o755))
	line, err := json.Marshal(archive.Progress{Number: 1, Stage: "warm-up", Phase: 2, Search: true, Run: 3})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(run, "progress.jsonl"), append(line, '\n'), 0o644))
	c := &clock{time.Unix(1000, 0)}
	f := &follower{folder: os.DirFS(dir), now: c.now}
	v := f.view(&cursor{})
	assert.Equal(t, archive.Stopped, v.State)
	assert.Contains(t, v.Head, "its process is no more. It was at: phase 2, search for the capacity: warm-up")
	assert.Equal(t, "none", v.tile("Time left, estimate"))

	going(t, dir, "20260301T080000Z-b")
	c.pass(searchEvery)
	assert.Equal(t, archive.Going, f.view(&cursor{}).State, "one that goes on is shown, also if it began earlier")
}

func TestTheLiveViewKeepsAnHour(t *testing.T) {
	f := &follower{}
	for n := range mostPoints + 10 {
		l := second(1, n+1, 500)
		f.add(l)
	}
	assert.Len(t, f.points, mostPoints)
	have := cursor{series: f.series, points: 3}
	f.now, f.folder, f.state, f.name = (&clock{time.Unix(1, 0)}).now, os.DirFS(t.TempDir()), archive.Going, "x"
	f.read = time.Unix(1, 0)
	v := f.view(&have)
	assert.True(t, v.Fresh, "who fell behind by more than is kept gets all")
	assert.Len(t, v.Points, mostPoints)
}

// answer takes what a handler sends, until it is to fail.
type answer struct {
	mu     sync.Mutex
	header http.Header
	text   bytes.Buffer
	status int
	fail   error
}

func (a *answer) Header() http.Header { return a.header }
func (a *answer) WriteHeader(s int)   { a.status = s }
func (a *answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail != nil {
		return 0, a.fail
	}
	return a.text.Write(p)
}
func (a *answer) take() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.text.Reset()
	return a.text.String()
}

func TestEventsAreSentOnlyWhenThereIsNews(t *testing.T) {
	dir := t.TempDir()
	j := going(t, dir, "20260302T080000Z-a")
	synctest.Test(t, func(t *testing.T) {
		s := newServer(os.DirFS(dir), "")
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/live/events", nil)
		w := &answer{header: http.Header{}}
		ended := make(chan struct{})
		go func() { s.events(w, r); close(ended) }()
		synctest.Wait()
		assert.Equal(t, "text/event-stream", w.header.Get("Content-Type"))
		first := w.take()
		assert.True(t, strings.HasPrefix(first, "retry: 2000\n\ndata: {\"state\":\"going\""), first)
		time.Sleep(3*time.Second + time.Millisecond)
		assert.Empty(t, w.take(), "no news")
		j.Add(second(1, 1, 500))
		time.Sleep(time.Second)
		assert.Contains(t, w.take(), `"points":[{"t":1,`)
		time.Sleep((quietTicks + 2) * time.Second)
		assert.Equal(t, ": still here\n\n", w.take())
		cancel()
		<-ended

		r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/live/events", nil)
		w.fail = errors.New("gone")
		s.events(w, r) // returns
	})
}

func TestViewersAreBounded(t *testing.T) {
	s := newServer(os.DirFS(t.TempDir()), "")
	require.True(t, s.viewers.TryAcquire(mostViewers))
	w := httptest.NewRecorder()
	s.events(w, httptest.NewRequest(http.MethodGet, "/live/events", nil))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "10", w.Header().Get("Retry-After"))
	s.viewers.Release(mostViewers)
}

func TestTheLivePageInABrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := going(t, dir, "20260302T080000Z-a")
	j.Add(second(1, 1, 500))
	server := httptest.NewServer(handler(t, dir, ""))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	p := browsertest.Open(t, server.URL+"/live", browsertest.Options{})
	until := func(condition string) {
		browsertest.Eval[bool](p, `new Promise((done) => { const look = () => (`+condition+
			`) ? done(true) : setTimeout(look, 50); look() })`)
	}
	until(`document.querySelectorAll(".u-over").length === 3`)
	for n := 2; n < 40; n++ {
		j.Add(second(1, n, 480+uint64(n*7%40)))
	}
	until(`document.getElementById("tiles").textContent.includes("Response time p9949 ms")`)
	assert.Equal(t, "A <suite>", browsertest.Eval[string](p, `document.getElementById("title").textContent`))
	assert.Empty(t, p.Messages())
	for _, r := range p.Requests() {
		assert.True(t, strings.HasPrefix(r, server.URL), r)
	}
	p.Keep("serve-live", false)
	require.NoError(t, j.Close())
	until(`document.getElementById("head").textContent.includes("No run is going on")`)
}

func TestTheLivePageWithoutScripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	going(t, dir, "20260302T080000Z-a").Add(second(1, 1, 500))
	server := httptest.NewServer(handler(t, dir, ""))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	p := browsertest.Open(t, server.URL+"/live", browsertest.Options{NoScripts: true, Width: 390, Dark: true})
	p.Keep("serve-live-phone", false)
	assert.Empty(t, p.Messages())
	w := get(handler(t, dir, ""), http.MethodGet, "/live", "localhost")
	assert.Contains(t, w.Body.String(), "<dt>Response time p99</dt><dd>11 ms</dd>")
}
