package harness_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

// long is how long a system may take where the machine decides; brief is waited for in vain.
const long, brief = "1 min", "800 ms"

// bounds are what the response time is claimed to be by how long an answer is waited for: one that a slow machine
// meets, too, and one that what is waited for in vain misses.
var bounds = map[string]string{long: "50 s", brief: "400 ms"}

// bad is a suite of few requests; TIMEOUT, BOUND, SYSTEM and REQUEST stand for what it is of.
const bad = `
version: 1
name: bad
title: A system that does not do what it should
source: guide.md
plan:
  runs: 1
  warmup: 0 s
  duration: 1 s
  timeout: TIMEOUT
  seed: 1
  connections: 4
  arrivals: constant
  validity: {schedule_lag: 100 %, offered: 50 %, host_noise: 100 %, other_load: 1000}
dataset: {accounts: 100, transactions: 100}
system: SYSTEM
workloads:
  - {name: w, kind: http, requests: [REQUEST]}
phases:
  - {phase: 1, name: one, source: guide.md, cluster: false, workers: 1, memory: 256 MiB, stores: [], rate: 5 req/s, workload: w}
claims:
  - {id: p99, phase: 1, source: guide.md, metric: p99, op: "<=", value: BOUND}
  - {id: errors, phase: 1, source: guide.md, metric: errors, op: "<=", value: 0.1 %}
`

// system serves a handler that is ready from the start.
func serving(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", h)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// withSystem is that suite on a system, with requests.
func withSystem(system, requests string) string { return withTimeout(long, system, requests) }

func withTimeout(timeout, system, requests string) string {
	return strings.NewReplacer("TIMEOUT", timeout, "BOUND", bounds[timeout], "SYSTEM", system, "REQUEST", requests).
		Replace(bad)
}

func badSuite(t *testing.T, base, request string) *harness.Suite {
	t.Helper()
	return suiteWithin(t, long, long, base, request)
}

// suiteWithin is that suite on a URL that has so long to be ready and to answer.
func suiteWithin(t *testing.T, ready, timeout, base, request string) *harness.Suite {
	t.Helper()
	system := fmt.Sprintf("{kind: url, url: %s, ready: /ready, ready_within: %s}", base, ready)
	s, err := harness.ParseSuite("bad.yaml", []byte(withTimeout(timeout, system, request)))
	require.NoError(t, err)
	return s
}

// hangUp sends a text and closes the connection.
func hangUp(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte(text))
			conn.Close()
		}
	}
}

func TestWhatASystemDoesWrongIsCountedAndNamed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		timeout string
		handler http.HandlerFunc
		message string // of the failure
		example string // of the answer
	}{
		{"404 everywhere", long, http.NotFound, "status 404", "404 page not found"},
		{"redirects", long, http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP, "status 302", "/elsewhere"},
		{"closes the connection", long, hangUp(""), "closed", ""},
		{"streams for ever", brief, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte("and on "))
				w.(http.Flusher).Flush()
				time.Sleep(time.Millisecond) // not busier than its reader
			}
		}, "no answer", ""},
		{"sends a gigabyte", long, func(w http.ResponseWriter, _ *http.Request) {
			part := make([]byte, 1<<20)
			for range 1 << 10 {
				if _, err := w.Write(part); err != nil {
					return
				}
			}
		}, "larger", ""},
		{"answers with what is no HTTP", long, hangUp("hello\r\n\r\n"), "malformed", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := suiteWithin(t, long, row.timeout, serving(t, row.handler), `{name: get, path: "/"}`)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := measured(t, s, row.timeout == brief)
			runtime.ReadMemStats(&after)
			w := r.Phases[0].Trials[0].Window
			assert.Equal(t, uint64(5), w.Offered)
			assert.Equal(t, uint64(5), w.Failed+w.Unsent)
			require.NotEmpty(t, w.Errors)
			assert.Contains(t, messages(w.Errors), row.message)
			if row.example != "" {
				assert.Contains(t, w.Errors[0].Example, row.example)
			}
			repeat(t, r, 6)      // one run gives no verdict, whatever it was like
			p99 := judge.Invalid // how fast requests fail proves no response time
			if row.timeout == brief {
				p99 = judge.Refuted // what is waited for in vain is late
			}
			assert.Equal(t, map[string]judge.Verdict{"errors": judge.Refuted, "p99": p99}, verdicts(r))
			assert.Equal(t, 1, r.ExitStatus)
			assert.Less(t, int64(after.HeapInuse)-int64(before.HeapInuse), int64(256<<20), "memory is bounded")
		})
	}
}

// measured is a run of a suite. Unless requests may be left unsent, it is measured again on a machine that was too busy
// to send them.
func measured(t *testing.T, s *harness.Suite, unsent bool) *archive.Run {
	t.Helper()
	for {
		r, err := harness.Options{Out: t.TempDir()}.Run(t.Context(), s, nil)
		require.NoError(t, err)
		if unsent || r.Phases[0].Trials[0].Window.Unsent == 0 {
			return r
		}
	}
}

func verdicts(r *archive.Run) map[string]judge.Verdict {
	of := map[string]judge.Verdict{}
	for _, result := range r.Results {
		of[result.Claim] = result.Verdict
	}
	return of
}

// repeat judges a run as if its only trial had been made so many times, on a host that nothing disturbed.
func repeat(t *testing.T, r *archive.Run, times int) {
	t.Helper()
	r.Options.Runs = times
	require.NoError(t, archivetest.Undisturbed(r))
}

func TestWhatASystemDoesRightIsVerifiedByTheSameRule(t *testing.T) {
	t.Parallel()
	system := fmt.Sprintf("{kind: url, url: %s}", serving(t, func(http.ResponseWriter, *http.Request) {}))
	s, err := harness.ParseSuite("good.yaml", []byte(withSystem(system, `{name: get, path: "/"}`)))
	require.NoError(t, err)
	r, err := harness.Options{Out: t.TempDir()}.Run(t.Context(), s, nil)
	require.NoError(t, err)
	repeat(t, r, 6)
	for _, result := range r.Results {
		assert.Equal(t, judge.Verified, result.Verdict, "%s: %v", result.Claim, result.Reasons)
	}
}

func messages(all []measure.ErrorCount) string {
	var texts []string
	for _, e := range all {
		texts = append(texts, e.Message)
	}
	return strings.Join(texts, "; ")
}

func TestWhatCannotBeMeasuredIsSaidBeforehand(t *testing.T) {
	t.Parallel()
	never := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusServiceUnavailable)
	}))
	defer never.Close()
	_, err := harness.Options{Out: t.TempDir()}.Run(t.Context(),
		suiteWithin(t, brief, long, never.URL, `{name: get, path: "/"}`), nil)
	assert.ErrorContains(t, err, "not ready within 800ms")
	assert.ErrorContains(t, err, "status 503")

	empty := serving(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data": {}}`)) })
	s := badSuite(t, empty,
		`{name: login, path: "/", capture: {token: data.token}}, {name: use, path: "/${capture.token}"}`)
	_, err = harness.Options{Out: t.TempDir()}.Run(t.Context(), s, nil)
	assert.ErrorContains(t, err, "login")
	assert.ErrorContains(t, err, "data.token")

	s = badSuite(t, empty, `{name: get, path: "/${nothing}"}`)
	_, err = harness.Options{Out: t.TempDir()}.Run(t.Context(), s, nil)
	assert.ErrorContains(t, err, "unknown field ${nothing}")

	_, err = harness.Options{Out: t.TempDir()}.Run(t.Context(),
		badSuite(t, "http://example.test", `{name: get, path: "/"}`), nil)
	assert.ErrorContains(t, err, "which is not this machine")

	_, err = harness.Options{Out: t.TempDir()}.Run(t.Context(), s, harness.Handler(http.NotFoundHandler()))
	assert.Error(t, err)
}
