// Package har drafts the suite of a system from what a browser or a proxy recorded of it, in
// an HTTP archive (HAR 1.2).
//
// Cookies, authorization and whatever else looks like a credential is never copied.
package har

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Options say what is drafted of a recording.
type Options struct {
	Where  draft.Where
	Writes bool     // send the requests that change state, too; else they are comments
	All    bool     // static assets, too
	Paths  []string // only requests whose path starts with one of these; empty for all
}

// archive is what of a recording is read.
type archive struct {
	Log *struct {
		Entries []entry `json:"entries"`
	} `json:"log"`
}

type entry struct {
	Request struct {
		Method   string  `json:"method"`
		URL      string  `json:"url"`
		Headers  []named `json:"headers"`
		PostData *struct {
			MimeType string  `json:"mimeType"`
			Text     string  `json:"text"`
			Encoding string  `json:"encoding"` // base64 for what is no text
			Params   []named `json:"params"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  int `json:"status"` // 0 for none
		Content struct {
			MimeType string `json:"mimeType"`
		} `json:"content"`
	} `json:"response"`
}

type named struct{ Name, Value string }

// Read drafts a suite from a recording; the name is for messages and the suite.
func Read(name string, data []byte, o Options) (draft.Draft, error) {
	fail := func(err error) (draft.Draft, error) { return draft.Draft{}, fmt.Errorf("%s %w", name, err) }
	if len(data) > draft.MaxInput {
		return fail(fmt.Errorf("has more than %d MiB", draft.MaxInput>>20))
	}
	var a archive
	if err := json.Unmarshal(data, &a); err != nil {
		return fail(fmt.Errorf("is no HAR file: %w", err))
	}
	switch {
	case a.Log == nil:
		return fail(errors.New("is no HAR file: it has no log"))
	case len(a.Log.Entries) == 0:
		return fail(errors.New("holds no requests"))
	}
	r := &recording{options: o, known: map[string]*group{}, skipped: map[string]int{}}
	origin := r.origin(a.Log.Entries)
	if origin == "" {
		return fail(errors.New("holds no request of http or https that was answered well"))
	}
	system, prefix, err := o.Where.Place(origin)
	if err != nil {
		return draft.Draft{}, err
	}
	for i := range a.Log.Entries {
		r.add(&a.Log.Entries[i], origin)
	}
	d := draft.Draft{
		Title: "Recorded from " + origin[strings.Index(origin, "://")+3:], Source: name, System: system,
		LeftOut: r.leftOut(),
	}
	if d.Requests, err = r.requests(prefix); err != nil {
		return fail(err)
	}
	d.Notes = []string{"The weights are how often a request was recorded. Cookies, authorization and whatever else " +
		"looks like a credential are not in here: give them by the environment, as in " +
		"Authorization: \"Bearer ${env.TOKEN}\"."}
	return d, nil
}

// recording collects what was asked for.
type recording struct {
	options Options
	groups  []*group
	known   map[string]*group // by method and path
	skipped map[string]int    // reasons, each with how many entries
}

// group is one request, as often as it was recorded.
type group struct {
	method, path string // with its query, without credentials
	first        *entry
	weight       int
	statuses     map[int]int
	json         int // answers of JSON
	bodies       map[string]bool
	secrets      []string // variables for what was not copied
}

// origin is the scheme and the host that most of the good entries are of, the first of
// these where several are.
func (r *recording) origin(entries []entry) string {
	counts := map[string]int{}
	best := ""
	for i := range entries {
		u, ok := target(&entries[i])
		if !ok || !answered(entries[i].Response.Status) {
			continue
		}
		counts[originOf(u)]++
	}
	for i := range entries {
		if u, ok := target(&entries[i]); ok && counts[originOf(u)] > counts[best] {
			best = originOf(u)
		}
	}
	return best
}

func originOf(u *url.URL) string { return strings.ToLower(u.Scheme + "://" + u.Host) }

func target(e *entry) (*url.URL, bool) {
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Host == "" {
		return nil, false
	}
	scheme := strings.ToLower(u.Scheme)
	return u, scheme == "http" || scheme == "https"
}

func answered(status int) bool { return status >= 200 && status < 400 }

// add counts an entry to its group, or says why not.
func (r *recording) add(e *entry, origin string) {
	u, ok := target(e)
	switch {
	case !ok:
		r.skipped["no request of http or https"]++
		return
	case originOf(u) != origin:
		r.skipped["of other hosts"]++
		return
	case !answered(e.Response.Status):
		r.skipped["not answered, or with a status of 400 or more"]++
		return
	case !r.options.All && static(e, u):
		r.skipped["static assets, which --all keeps"]++
		return
	case len(r.options.Paths) > 0 &&
		!slices.ContainsFunc(r.options.Paths, func(p string) bool { return strings.HasPrefix(u.Path, p) }):
		r.skipped["not below the named paths"]++
		return
	}
	path, secrets := cleanTarget(u)
	g := r.group(strings.ToUpper(e.Request.Method), path)
	if g.first == nil {
		g.first, g.secrets = e, secrets
	}
	g.weight++
	g.statuses[e.Response.Status]++
	if strings.Contains(strings.ToLower(e.Response.Content.MimeType), "json") {
		g.json++
	}
	if e.Request.PostData != nil {
		g.bodies[e.Request.PostData.Text] = true
	}
}

func (r *recording) group(method, path string) *group {
	if g := r.known[method+" "+path]; g != nil {
		return g
	}
	g := &group{method: method, path: path, statuses: map[int]int{}, bodies: map[string]bool{}}
	r.groups, r.known[method+" "+path] = append(r.groups, g), g
	return g
}

func (r *recording) leftOut() []string {
	var all []string
	for reason, n := range r.skipped {
		all = append(all, fmt.Sprintf("%d recorded requests: %s", n, reason))
	}
	slices.Sort(all)
	return all
}

// Reasons why there is nothing to draft.
var (
	errNoneLeft   = errors.New("holds no request that is left to draft; static assets are kept with --all")
	errOnlyWrites = errors.New(
		"holds only requests that change state, which are not sent unasked; allowed: with --writes",
	)
)

// requests are the groups as requests, the most frequent first.
func (r *recording) requests(prefix string) ([]draft.Request, error) {
	slices.SortStableFunc(r.groups, func(a, b *group) int { return b.weight - a.weight })
	var all []draft.Request
	sent := false
	for _, g := range r.groups {
		q := g.request(prefix)
		q.Off = !draft.Safe(g.method) && !r.options.Writes
		sent = sent || !q.Off
		all = append(all, q)
	}
	switch {
	case len(all) == 0:
		return nil, errNoneLeft
	case !sent:
		return nil, errOnlyWrites
	}
	return all, nil
}

// kept are the header fields that say what is asked for, and by nobody in particular.
var kept = []string{"accept", "accept-language"}

func (g *group) request(prefix string) draft.Request {
	q := draft.Request{HTTPRequest: suite.HTTPRequest{
		Name: g.method + " " + plainName(g.path), Method: g.method, Path: prefix + g.path, Weight: g.weight,
	}}
	for _, h := range g.first.Request.Headers {
		value := draft.Line(h.Value)
		if slices.Contains(kept, strings.ToLower(h.Name)) && value != "" && !draft.HasField(value) {
			q.Headers = append(q.Headers, suite.Pair{Name: canonical(h.Name), Value: value})
		}
	}
	secrets := append(slices.Clone(g.secrets), g.body(&q)...)
	if len(secrets) > 0 {
		slices.Sort(secrets)
		q.Notes = append(q.Notes,
			"Not copied, but taken from the environment: "+strings.Join(slices.Compact(secrets), ", "))
	}
	if names := credentials(g.first.Request.Headers); len(names) > 0 {
		q.Notes = append(q.Notes, "Was recorded with "+strings.Join(names, ", ")+", not copied.")
	}
	g.expect(&q)
	return q
}

// expect says what the answer must be: what it was most often.
func (g *group) expect(q *draft.Request) {
	best := 0
	for status, n := range g.statuses {
		if status != 304 && status != 206 && (n > g.statuses[best] || n == g.statuses[best] && status < best) {
			best = status
		}
	}
	q.Expect.Status = best // 0, any good one, where a cache or a range asked for another
	if g.json == g.weight && best >= 200 && best < 300 && best != 204 && g.method != "HEAD" {
		q.Expect.Headers = []suite.Pair{{Name: "Content-Type", Value: "json"}}
	}
}

// body copies the body of the first entry; what it returns stands for what was not copied.
func (g *group) body(q *draft.Request) (secrets []string) {
	post := g.first.Request.PostData
	if post == nil || post.Text == "" && len(post.Params) == 0 {
		return nil
	}
	text, secrets, problem := cleanBody(post.MimeType, post.Text, post.Params, post.Encoding != "")
	if problem != "" {
		q.Notes = append(q.Notes,
			"TODO: the body, of "+draft.Line(post.MimeType)+", is left out: "+problem+". Give it by body_file.")
		return nil
	}
	q.Body = text
	if post.MimeType != "" {
		q.Headers = append(q.Headers, suite.Pair{Name: "Content-Type", Value: draft.Line(post.MimeType)})
	}
	if len(g.bodies) > 1 {
		q.Notes = append(q.Notes, fmt.Sprintf("%d different bodies were recorded; this is the first.", len(g.bodies)))
	}
	return secrets
}

// static reports whether an entry is of a file that a page is made of.
func static(e *entry, u *url.URL) bool {
	mime, _, _ := strings.Cut(strings.ToLower(e.Response.Content.MimeType), ";")
	mime = strings.TrimSpace(mime)
	for _, prefix := range []string{
		"image/", "font/", "audio/", "video/", "text/css", "text/javascript", "application/javascript",
		"application/x-javascript", "application/font", "application/wasm", "application/manifest",
	} {
		if strings.HasPrefix(mime, prefix) {
			return true
		}
	}
	path := strings.ToLower(u.Path)
	for _, ending := range []string{
		".css", ".js", ".mjs", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".avif", ".woff",
		".woff2", ".ttf", ".mp4", ".wasm",
	} {
		if strings.HasSuffix(path, ending) {
			return true
		}
	}
	return false
}
