package live_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/draft/live"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parsed(t *testing.T, d draft.Draft) (*suite.Suite, string) {
	t.Helper()
	text, err := d.Suite()
	require.NoError(t, err)
	s, err := suite.Parse("drafted", text)
	require.NoError(t, err)
	return s, string(text)
}

// served drafts the suite of a handler, asked for the paths.
func served(t *testing.T, handler http.HandlerFunc, paths ...string) (*suite.Suite, string, int) {
	t.Helper()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		assert.Equal(t, http.MethodGet, r.Method)
		handler(w, r)
	}))
	defer server.Close()
	d, err := live.Read(t.Context(), draft.System{URL: server.URL}, live.Options{Base: server.URL, Paths: paths})
	require.NoError(t, err)
	s, text := parsed(t, d)
	return s, text, asked
}

func TestTheAnswerIsWhatIsExpected(t *testing.T) {
	for _, row := range []struct {
		name    string
		handler http.HandlerFunc
		want    suite.Expect
		said    string
	}{
		{"JSON", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(201)
		}, suite.Expect{Status: 201, Headers: []suite.Pair{{Name: "Content-Type", Value: "json"}}},
			"Answered 201, application/json; charset=utf-8."},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html></html>") },
			suite.Expect{Status: 200}, "Answered 200, text/html"},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other.example/", http.StatusFound)
		}, suite.Expect{Status: 302}, "to http://other.example/, which is not followed"},
		{
			"nothing", http.NotFound, suite.Expect{},
			"TODO: name a path that is answered well, or accept this with expect: {status: 404}.",
		},
		{"a lot", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 2<<20)) },
			suite.Expect{Status: 200}, "TODO: the answer did not end within"},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "100") },
			suite.Expect{Status: 200}, "TODO: the answer did not end within"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, text, asked := served(t, row.handler)
			assert.Equal(t, row.want, s.Workloads[0].Requests[0].Expect)
			assert.Contains(t, text, row.said)
			assert.Equal(t, 3, asked, "once for the path, and once for each of the two that are looked for")
		})
	}
}

func TestWhatTheSystemHasBesideItsPathsIsSaid(t *testing.T) {
	s, text, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/openapi.json" {
			fmt.Fprint(w, `{"openapi": "3.1.0"}`)
			return
		}
		fmt.Fprint(w, `{"workers": []}`)
	}, "/a", "/b?x=1 2")
	assert.Equal(t, "/health/workers", s.System.Ready)
	assert.Contains(t, text, "curl -o openapi.json")
	assert.Equal(t, "/b?x=1%202", s.Workloads[0].Requests[1].Path)
	_, text, _ = served(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) })
	assert.NotContains(t, text, "curl")
	assert.NotContains(t, text, "ready:")
}

func TestASystemThatIsNotThereIsAnError(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	o := live.Options{Base: server.URL}
	_, err := live.Read(t.Context(), draft.System{URL: server.URL}, o)
	assert.True(t, errors.Is(err, live.ErrAbsent), err)
	o.Offline = true
	d, err := live.Read(t.Context(), draft.System{URL: server.URL}, o)
	require.NoError(t, err)
	s, _ := parsed(t, d)
	assert.Equal(t, "/", s.Workloads[0].Requests[0].Path)
}

// says answers every request alike.
type says struct {
	status int
	header http.Header
	body   string
}

func (s says) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	maps.Copy(w.Header(), s.header)
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.body)
}

// FuzzRead asks a system that answers anything, at any path: what is drafted is a suite, or says why not.
func FuzzRead(f *testing.F) {
	f.Add("/", uint8(200), "application/json", "", `{"openapi": "3.1.0"}`)
	f.Add("/b?x=${seq} 2#", uint8(201), "text/html; charset=\"\u2028\"", "//other.example/", "")
	f.Add("ä//%zz", uint8(104), "JSON: {a}", "http://other.example/'\"#", "{")
	f.Fuzz(func(t *testing.T, path string, status uint8, mediaType, location, body string) {
		server := httptest.NewServer(says{
			200 + int(status), http.Header{"Content-Type": {mediaType}, "Location": {location}}, body,
		})
		defer server.Close()
		o := live.Options{Base: server.URL, Paths: []string{path}}
		d, err := live.Read(t.Context(), draft.System{URL: server.URL}, o)
		if err != nil {
			return
		}
		if _, err := d.Suite(); err != nil {
			require.ErrorContains(t, err, "no request that a suite can hold")
			return
		}
		s, _ := parsed(t, d)
		require.Len(t, s.Workloads[0].Requests, 1)
	})
}
