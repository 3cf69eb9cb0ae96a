package request

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noEnv(string) string { return "" }

func workload(requests ...suite.HTTPRequest) suite.Workload {
	return suite.Workload{Name: "w", Kind: suite.HTTP, Requests: requests}
}

func TestFieldsThatNothingFillsAreRefused(t *testing.T) {
	for _, path := range []string{
		"/${nope}", "/${row.id}", "/${capture.token}", "/${env.SECRET}", "/${random:9-1}", "/${random:x}",
	} {
		_, err := Compile(workload(suite.HTTPRequest{Name: "r", Path: path}), "", noEnv, &secret.Set{})
		assert.ErrorContains(t, err, "${", path)
	}
}

func TestTheSameSeedMakesTheSameRequests(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "u.csv"), []byte("id,name\n1,a b\n2,\"c\"\"d\"\n"), 0o600))
	w := workload(suite.HTTPRequest{
		Name: "r", Method: "POST", Path: "/${random:5-9}/${row.name}", Body: `{"n":"${row.name}","s":${seq}}`,
		Headers: []suite.Pair{{Name: "Content-Type", Value: "application/json"}, {Name: "X-Key", Value: "${env.KEY}"}},
	})
	w.Rows = "u.csv"
	p, err := Compile(w, dir, func(string) string { return "secret" }, &secret.Set{})
	require.NoError(t, err)
	a, b := p.Source(7, "x"), p.Source(7, "x")
	for range 50 {
		r, s := a.Next(), b.Next()
		assert.Equal(t, r.Path, s.Path)
		assert.Equal(t, r.Body, s.Body)
		assert.Regexp(t, `^/[5-9]/(a%20b|c%22d)$`, r.Path)
		assert.Regexp(t, `^\{"n":"(a b|c\\"d)","s":\d+\}$`, string(r.Body))
		assert.Equal(t, "secret", r.Header.Get("X-Key"))
	}
}

func TestACaptureIsUsedInTheNextRequest(t *testing.T) {
	body := `{"data":[{"token":"t1"}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
	defer server.Close()
	p, err := Compile(workload(
		suite.HTTPRequest{Name: "login", Path: "/", Capture: []suite.Pair{{Name: "token", Value: "data.0.token"}}},
		suite.HTTPRequest{Name: "use", Weight: 1000, Path: "/${capture.token}"},
	), "", noEnv, &secret.Set{})
	require.NoError(t, err)
	s := p.Source(1, "")
	require.NoError(t, s.Prepare(t.Context(), server.URL, nil))
	r, err := s.request(1)
	require.NoError(t, err)
	assert.Equal(t, "/t1", r.Path)
	for _, body = range []string{`{}`, `nothing`, `{"data":[]}`} {
		assert.ErrorContains(t, p.Source(1, "").Prepare(t.Context(), server.URL, nil), "request login")
	}
}

func TestWhatASystemDoesWrongIsCounted(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"404 everywhere": http.NotFound,
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other", http.StatusFound)
		},
		"closes connections": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"sends a gigabyte": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1073741824")
		},
		"streams for ever": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1024)); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				time.Sleep(time.Millisecond)
			}
		},
		"another value": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":false}`) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			p, err := Compile(
				workload(suite.HTTPRequest{
					Name: "r", Path: "/", Expect: suite.Expect{JSON: []suite.Pair{{Name: "ok", Value: "true"}}},
				}), "", noEnv, &secret.Set{},
			)
			require.NoError(t, err)
			o, err := load.Drive(t.Context(), load.Config{
				BaseURL: server.URL, Source: p.Source(1, ""), Schedule: load.Constant(20),
				Duration: 200 * time.Millisecond, Timeout: 300 * time.Millisecond, Connections: 4,
			})
			require.NoError(t, err)
			assert.EqualValues(t, 4, o.Window.Offered)
			assert.Zero(t, o.Window.Succeeded)
			assert.EqualValues(t, 4, o.Window.Failed)
		})
	}
}
