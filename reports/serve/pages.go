package serve

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/index"
)

// mostPages is how many pages are kept as they were drawn.
const mostPages = 4

// index shows all runs.
func (s *server) index(w http.ResponseWriter, _ *http.Request) {
	runs, err := s.runs.Read(s.folder)
	if err != nil {
		fail(w, err)
		return
	}
	var page bytes.Buffer
	link := func(r index.Run) string {
		if r.Error != "" {
			return ""
		}
		return "/run/" + url.PathEscape(r.Folder) + "/"
	}
	if err := index.Write(&page, runs, index.Options{Link: link, Live: "/live"}); err != nil {
		fail(w, err)
		return
	}
	policy(w, index.Policy)
	_, _ = w.Write(page.Bytes()) // who does not take it does not want it
}

// fail says why something cannot be shown.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, archive.ErrMissing) {
		status = http.StatusNotFound
	}
	http.Error(w, figures.Capital(figures.Shorten(figures.Clean(err.Error()), 500))+".", status)
}

// drawn is the page of a run, as of when its run.json had a time and a size.
type drawn struct {
	run     string
	changed time.Time
	size    int64
	text    []byte
	policy  string
}

// pages draws the pages of runs, one after the other, and keeps the newest few. It works from the archive: a page that
// lies in the folder is somebody's, and may hold anything.
type pages struct {
	folder fs.FS
	mu     sync.Mutex
	kept   []drawn // the one that was asked for last at the end
}

// of is the page of a run.
func (p *pages) of(run string) (drawn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	info, err := fs.Stat(p.folder, run+"/run.json")
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return drawn{}, err
	case err != nil: // the name is one that no file can have
		return drawn{}, fmt.Errorf("%w: %w", archive.ErrMissing, err)
	}
	for i, k := range p.kept {
		if k.run == run {
			p.kept = append(p.kept[:i], p.kept[i+1:]...)
			if k.changed.Equal(info.ModTime()) && k.size == info.Size() {
				p.kept = append(p.kept, k)
				return k, nil
			}
			break
		}
	}
	k, err := draw(p.folder, run)
	if err != nil {
		return drawn{}, err
	}
	k.changed, k.size = info.ModTime(), info.Size()
	p.kept = append(p.kept, k)
	p.kept = p.kept[max(0, len(p.kept)-mostPages):]
	return k, nil
}

// draw draws the page of a run as nameplate verify writes it.
func draw(folder fs.FS, run string) (drawn, error) {
	r, err := archive.LoadFrom(folder, run)
	if err != nil {
		return drawn{}, err
	}
	if err := r.Judge(); err != nil {
		return drawn{}, fmt.Errorf("run %s: %w", run, err)
	}
	var text bytes.Buffer
	if err := reports.Page(&text, r, folder, run); err != nil {
		return drawn{}, err
	}
	return drawn{run: run, text: text.Bytes(), policy: policyOf(text.Bytes())}, nil
}

// stated finds the policy that a page of ours states.
var stated = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)

// policyOf is the policy that a page of ours states, to be said by the server, too.
func policyOf(page []byte) string {
	if found := stated.FindSubmatch(page[:min(len(page), 8<<10)]); found != nil {
		return html.UnescapeString(string(found[1]))
	}
	return "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
}

// page shows a run.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	run := r.PathValue("run")
	if !plain(run) {
		http.NotFound(w, r)
		return
	}
	page, err := s.pages.of(run)
	if err != nil {
		fail(w, err)
		return
	}
	policy(w, page.policy)
	_, _ = w.Write(page.text) // who does not take it does not want it
}

// plain reports whether a name stands for something within a folder itself.
func plain(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsAny(name, `/\`)
}

// types are the files that are shown as they are: by the end of their names.
var types = map[string]string{
	".png": "image/png", ".svg": "image/svg+xml", ".csv": "text/csv; charset=utf-8",
	".json": "application/json", ".md": "text/plain; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".yaml": "text/plain; charset=utf-8",
}

// chart shows a chart of a run.
func (s *server) chart(w http.ResponseWriter, r *http.Request) {
	s.send(w, r, "charts/"+r.PathValue("file"))
}

// file shows another file of a run.
func (s *server) file(w http.ResponseWriter, r *http.Request) { s.send(w, r, r.PathValue("file")) }

// send sends a file of a run.
func (s *server) send(w http.ResponseWriter, r *http.Request, name string) {
	run, kind := r.PathValue("run"), types[path.Ext(name)]
	if !plain(run) || !plain(r.PathValue("file")) || kind == "" {
		http.NotFound(w, r)
		return
	}
	info, err := fs.Stat(s.folder, run+"/"+name)
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	http.ServeFileFS(w, r, s.folder, run+"/"+name)
}
