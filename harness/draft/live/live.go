// Package live drafts the suite of a system that runs, from what it answers.
//
// It asks each path once, follows no redirect, and reads a bounded part of each answer. Whether
// the system may be asked at all is the caller's to check.
package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Bounds of one question.
const (
	Timeout = 5 * time.Second // until the answer is there
	most    = 1 << 20         // bytes of an answer that are read
)

// Options say what is asked for.
type Options struct {
	Base    string   // http://HOST:PORT of what is asked
	Paths   []string // with their query; / when there are none
	Offline bool     // ask nothing
}

// ErrAbsent says that nothing answers.
var ErrAbsent = errors.New("does not answer")

// Read drafts a suite of the system at a place, from the answers at the base. Nothing there
// is [ErrAbsent].
func Read(ctx context.Context, place draft.System, o Options) (draft.Draft, error) {
	d := draft.Draft{Title: "System at " + strings.TrimPrefix(o.Base, "http://"), Source: o.Base, System: place}
	paths := o.Paths
	if len(paths) == 0 {
		paths = []string{"/"}
	}
	a := asker{transport: &http.Transport{DisableKeepAlives: true}}
	for _, path := range paths {
		q := draft.Request{HTTPRequest: suite.HTTPRequest{Method: http.MethodGet, Path: draft.Path(path)}}
		if !o.Offline {
			found, err := a.ask(ctx, o.Base+q.Path)
			if err != nil {
				return draft.Draft{}, err
			}
			found.describe(&q)
		}
		d.Requests = append(d.Requests, q)
	}
	if !o.Offline {
		a.surroundings(ctx, o.Base, &d)
	}
	return d, nil
}

type asker struct{ transport http.RoundTripper }

// answer is what came back.
type answer struct {
	status              int
	mediaType, location string
	body                []byte
	endless             bool // longer than what is read
}

// ask asks once.
func (a asker) ask(ctx context.Context, url string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	m, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answer{}, fmt.Errorf("%s cannot be asked: %w", draft.Line(url), err)
	}
	m.Header.Set("User-Agent", "nameplate")
	r, err := a.transport.RoundTrip(m)
	if err != nil {
		return answer{}, fmt.Errorf("%s %w: %w", draft.Line(url), ErrAbsent, err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	return answer{
		status: r.StatusCode, mediaType: draft.Line(r.Header.Get("Content-Type")),
		location: draft.Line(r.Header.Get("Location")), body: body, endless: err != nil || len(body) > most,
	}, nil
}

// describe says what an answer tells of the request.
func (a answer) describe(q *draft.Request) {
	said := fmt.Sprintf("Answered %d", a.status)
	if a.mediaType != "" {
		said += ", " + a.mediaType
	}
	if a.location != "" {
		said += ", to " + a.location + ", which is not followed"
	}
	q.Notes = append(q.Notes, said+".")
	if a.endless {
		q.Notes = append(q.Notes, fmt.Sprintf(
			"TODO: the answer did not end within %v and %d MiB; a request without a whole answer has failed.",
			Timeout, most>>20))
	}
	if a.status < 200 || a.status > 399 {
		q.Notes = append(q.Notes,
			fmt.Sprintf("TODO: name a path that is answered well, or accept this with expect: {status: %d}.", a.status))
		return
	}
	q.Expect.Status = a.status
	if strings.Contains(strings.ToLower(a.mediaType), "json") {
		q.Expect.Headers = []suite.Pair{{Name: "Content-Type", Value: "json"}}
	}
}

// surroundings look for what a system often has beside its own paths.
func (a asker) surroundings(ctx context.Context, base string, d *draft.Draft) {
	if found, ok := a.object(ctx, base+"/health/workers"); ok && json.Valid(found.body) {
		d.System.Ready = "/health/workers"
		d.Notes = append(d.Notes, "It answers /health/workers: nameplate monitor "+base+" shows its workers live.")
	}
	found, ok := a.object(ctx, base+"/openapi.json")
	var document struct {
		OpenAPI string `json:"openapi"`
	}
	if ok && (found.endless || json.Unmarshal(found.body, &document) == nil && document.OpenAPI != "") {
		d.Notes = append(d.Notes, fmt.Sprintf(
			"It describes itself: curl -o openapi.json %s/openapi.json, then nameplate init openapi.json --url %s "+
				"drafts all its operations.", base, base,
		))
	}
}

// object asks for what should be a JSON object, of which a part is enough.
func (a asker) object(ctx context.Context, url string) (answer, bool) {
	found, err := a.ask(ctx, url)
	return found, err == nil && found.status == http.StatusOK &&
		bytes.HasPrefix(bytes.TrimSpace(found.body), []byte("{"))
}
