package serve

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzPaths asks for any path: nothing that lies beside the folder, and no file that is not served, is answered.
func FuzzPaths(f *testing.F) {
	dir, id := folder(f)
	h := handler(f, dir, "")
	for _, path := range []string{
		"/", "/live", "/live/events", "/run/latest/", "/run/" + id + "/report.md", "/run/" + id + "/logs.log",
		"/run/../../secret.txt", "/run/up/secret.txt", "/run/" + id + "/out.txt", "/run/" + id + "/charts/../logs.log",
		"/run/..%2f..%2fsecret.txt", "//run//", "/run/\x00/", "/run/" + id + `/charts\..\..\secret.txt`,
	} {
		f.Add(path, "127.0.0.1")
	}
	f.Add("/", "example.com")
	f.Fuzz(func(t *testing.T, path, host string) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the events end at once
		r := (&http.Request{
			Method: http.MethodGet, URL: &url.URL{Path: path}, Host: host, Header: http.Header{}, Proto: "HTTP/1.1",
			ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
		}).WithContext(ctx)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.NotEqual(t, "secret", w.Body.String())
		require.True(t, w.Code >= 200 && w.Code < 500, "status %d", w.Code)
	})
}

// FuzzArchives serves a run whose archive is anything, and follows one whose progress is anything.
func FuzzArchives(f *testing.F) {
	dir, id := folder(f)
	whole, err := os.ReadFile(filepath.Join(dir, id, "run.json"))
	require.NoError(f, err)
	for _, data := range [][]byte{nil, whole, whole[:len(whole)/2], []byte("{}"), []byte(`{"version":2}`)} {
		f.Add(data, []byte(`{"phase":1}`+"\n"))
	}
	f.Fuzz(func(t *testing.T, data, progress []byte) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, id), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, id, "run.json"), data, 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, id, "progress.jsonl"), progress, 0o644))
		h := handler(t, dir, "")
		for _, path := range []string{"/", "/run/" + id + "/", "/live"} {
			w := get(h, http.MethodGet, path, "localhost")
			require.Contains(t, []int{http.StatusOK, http.StatusNotFound, http.StatusInternalServerError}, w.Code, path)
			require.True(t, utf8.Valid(w.Body.Bytes()), path)
		}
	})
}
