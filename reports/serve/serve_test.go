package serve

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/reports"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(browsertest.Ending(m)) }

// folder makes a folder with a run, and a secret beside the folder.
func folder(t testing.TB) (dir, id string) {
	t.Helper()
	r := archivetest.Sample(1)
	dir = filepath.Join(t.TempDir(), "runs")
	run := filepath.Join(dir, r.ID)
	require.NoError(t, archive.Save(run, r))
	require.NoError(t, os.MkdirAll(filepath.Join(run, "charts"), 0o755))
	for name, text := range map[string]string{
		"charts/overview.svg": "<svg><script>alert(1)</script></svg>", "report.html": "<script>alert(1)</script>",
		"report.md": "# report", "logs.log": "secret", "../../secret.txt": "secret",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(run, name), []byte(text), 0o644))
	}
	for link, to := range map[string]string{
		"out.txt": "../../secret.txt", "absolute.txt": filepath.Join(filepath.Dir(dir), "secret.txt"),
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(run, link)))
	}
	require.NoError(t, os.Symlink(filepath.Dir(dir), filepath.Join(dir, "up")))
	require.NoError(t, os.Symlink(r.ID, filepath.Join(dir, "latest")))
	require.NoError(t, os.Mkdir(filepath.Join(run, "folder.txt"), 0o755))
	return dir, r.ID
}

// handler serves a folder within its root, as the command does.
func handler(t testing.TB, dir, host string) http.Handler {
	t.Helper()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return Handler(root, host)
}

func get(h http.Handler, method, target, host string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://"+host+"/", nil)
	r.URL.Path, r.URL.RawPath = target, ""
	if strings.Contains(target, "%") {
		r = httptest.NewRequest(method, "http://"+host+target, nil)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPagesAreServed(t *testing.T) {
	dir, id := folder(t)
	h := handler(t, dir, "127.0.0.1")
	index := get(h, http.MethodGet, "/", "127.0.0.1:7007")
	assert.Equal(t, http.StatusOK, index.Code)
	assert.Contains(t, index.Body.String(), `<a href="/run/`+id+`/">`)
	assert.Contains(t, index.Body.String(), `<a href="/live">`)
	for _, name := range []string{id, "latest"} {
		page := get(h, http.MethodGet, "/run/"+name+"/", "localhost")
		assert.Equal(t, http.StatusOK, page.Code)
		r, err := archive.Load(filepath.Join(dir, id))
		require.NoError(t, err)
		require.NoError(t, r.Judge())
		var want strings.Builder
		require.NoError(t, reports.Page(&want, r, os.DirFS(dir), id))
		assert.Equal(t, want.String(), page.Body.String(), "it is drawn from the archive")
		assert.Contains(t, page.Header().Get("Content-Security-Policy"), "style-src 'sha256-")
	}
	markdown := get(h, http.MethodGet, "/run/"+id+"/report.md", "localhost")
	assert.Equal(t, "# report", markdown.Body.String())
	assert.Equal(t, "text/plain; charset=utf-8", markdown.Header().Get("Content-Type"))
	svg := get(h, http.MethodGet, "/run/"+id+"/charts/overview.svg", "localhost")
	assert.Equal(t, "image/svg+xml", svg.Header().Get("Content-Type"))
	assert.Contains(t, svg.Header().Get("Content-Security-Policy"), "; sandbox")
	file := get(h, http.MethodGet, "/run/"+id+"/report.html", "localhost")
	assert.Equal(t, "/run/"+id+"/", file.Header().Get("Location"), "what lies there may be anybody's")
	live := get(h, http.MethodGet, "/live", "localhost")
	assert.Contains(t, live.Body.String(), "No run is going on.")
	assert.Contains(t, live.Header().Get("Content-Security-Policy"), "connect-src 'self'")
	for _, w := range []*httptest.ResponseRecorder{index, markdown, svg, live} {
		h := w.Header()
		assert.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		assert.Equal(t, "no-store", h.Get("Cache-Control"))
	}
	assert.Equal(t, http.StatusOK, get(h, http.MethodHead, "/live/events", "localhost").Code)
}

func TestNothingOutsideOfTheFolderIsReached(t *testing.T) {
	dir, id := folder(t)
	h := handler(t, dir, "")
	for _, path := range []string{
		"/run/../secret.txt", "/run/%2e%2e/secret.txt", "/run/%2e%2e%2fsecret.txt/",
		"/run/ID/%2e%2e%2f%2e%2e%2fsecret.txt",
		"/run/ID/..%2f..%2fsecret.txt", "/run/ID/out.txt", "/run/ID/absolute.txt", "/run/up/secret.txt",
		"/run/up/", "/run/..%5csecret.txt/", "/run/./", "/run/ID/charts/..%2freport.md", "/run/ID/folder.txt",
		"/run/ID/logs.log", "/run/none/", "/run/none/run.json", "/secret.txt", "/run/ID/charts/",
		"/run/ID%00/", "/run//etc/passwd", "//etc/passwd",
	} {
		path = strings.Replace(path, "ID", id, 1)
		w := get(h, http.MethodGet, path, "localhost")
		assert.NotContains(t, w.Body.String(), "secret\n", path)
		assert.NotEqual(t, "secret", w.Body.String(), path)
		assert.NotEqual(t, http.StatusOK, w.Code, path)
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	dir, _ := folder(t)
	h := handler(t, dir, "")
	for _, method := range []string{
		http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace,
		"BREW",
	} {
		w := get(h, method, "/", "localhost")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
}

func TestNamesOfOthersAreRefused(t *testing.T) {
	for _, c := range []struct {
		listened, asked string
		allowed         bool
	}{
		{"127.0.0.1", "127.0.0.1:7007", true}, {"127.0.0.1", "localhost:7007", true}, {"127.0.0.1", "LOCALHOST.", true},
		{"127.0.0.1", "[::1]:7007", true}, {"127.0.0.1", "127.1.2.3", true}, {"127.0.0.1", "evil.example:7007", false},
		{"127.0.0.1", "localhost.evil.example", false}, {"127.0.0.1", "192.0.2.7", false}, {"127.0.0.1", "", false},
		{"127.0.0.1", "127.0.0.1.evil.example", false}, {"192.0.2.7", "192.0.2.7:80", true},
		{"192.0.2.7", "192.0.2.8", false},
		{"0.0.0.0", "192.0.2.8", true}, {"::", "[2001:db8::1]:80", true}, {"0.0.0.0", "evil.example", false},
		{"bench.example", "bench.example:80", true}, {"bench.example", "other.example", false}, {"", "", false},
	} {
		assert.Equal(t, c.allowed, addressed(c.listened)(c.asked), "%q asked at %q", c.asked, c.listened)
	}
	dir, _ := folder(t)
	w := get(handler(t, dir, "127.0.0.1"), http.MethodGet, "/", "evil.example")
	assert.Equal(t, http.StatusMisdirectedRequest, w.Code)
	assert.NotContains(t, w.Body.String(), "<")
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	dir, id := folder(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, id, "run.json"), []byte("{<b>"), 0o644))
	h := handler(t, dir, "")
	w := get(h, http.MethodGet, "/run/"+id+"/", "localhost")
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), "file is truncated or garbled")
	assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Contains(t, get(h, http.MethodGet, "/", "localhost").Body.String(), "not readable")
	require.NoError(t, os.RemoveAll(dir))
	assert.Equal(t, http.StatusNotFound, get(h, http.MethodGet, "/run/"+id+"/", "localhost").Code)
}

func TestPagesAreDrawnOnceAndAgainWhenTheyChange(t *testing.T) {
	dir, id := folder(t)
	p := pages{folder: os.DirFS(dir)}
	first, err := p.of(id)
	require.NoError(t, err)
	again, err := p.of(id)
	require.NoError(t, err)
	assert.Same(t, &first.text[0], &again.text[0])
	r := archivetest.Sample(1)
	r.Suite.Title = "Another title"
	require.NoError(t, archive.Save(filepath.Join(dir, id), r))
	changed, err := p.of(id)
	require.NoError(t, err)
	assert.Contains(t, string(changed.text), "Another title")
	for range mostPages + 2 {
		p.kept = append(p.kept, drawn{run: "other"})
	}
	require.NoError(t, os.Rename(filepath.Join(dir, id), filepath.Join(dir, "b")))
	_, err = p.of("b")
	require.NoError(t, err)
	assert.Len(t, p.kept, mostPages)
	assert.Equal(t, "default-src 'none'; img-src data:; style-src 'unsafe-inline'", policyOf([]byte("<html>")))
}

func TestServeEndsWithItsContext(t *testing.T) {
	dir, _ := folder(t)
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, listener, root, "127.0.0.1") }()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	response, err := client.Get("http://" + listener.Addr().String() + "/live/events")
	require.NoError(t, err)
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "retry: 2000\n", line)
	cancel()
	require.NoError(t, <-ended)
	for err == nil {
		_, err = lines.ReadString('\n')
	}
	require.Error(t, Serve(t.Context(), listener, root, ""), "the listener is closed")
}
