// Package targets reads vegeta's target files, in its HTTP and its JSON format, by vegeta's own targeters. They become
// the requests of a suite.
//
// Credentials are never copied into the requests: a field of the environment stands in their place.
package targets

import (
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"
	"strings"

	lib "github.com/tsenart/vegeta/v12/lib"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Limits of what is read.
const (
	MaxBody = 16 << 20 // bytes of a body's file; what a suite allows

	maxLine     = 60 << 10  // bytes; vegeta reads less than 64 KiB
	maxTargets  = 1_000_000 // of a file, equal ones included
	maxRequests = 1000      // different ones; entries of a list in a suite
)

// Formats are the names of the formats.
var Formats = lib.TargetFormats

// Options say what is read.
type Options struct {
	Name   string // of the file, for messages
	Format string // one of [Formats]
	// Size is the size of a body's file in bytes; an error when it is none that can be read.
	Size func(name string) (int64, error)
}

// Targets are what a file asks for.
type Targets struct {
	Base     string              // that all have in common, e.g. http://127.0.0.1:8080
	Requests []suite.HTTPRequest // in the order of the file, equal ones once, with a weight
	Secrets  draft.Secrets       // what fields ${env.NAME} of the requests stand for
}

// Read reads the text of a target file. Its errors name the file and the line.
func Read(text []byte, o Options) (*Targets, error) {
	if len(text) > draft.MaxInput {
		return nil, fmt.Errorf("%s has more than %d MiB; allowed: at most that", o.Name, draft.MaxInput>>20)
	}
	l := &lines{text: text}
	var next lib.Targeter
	switch o.Format {
	case lib.HTTPTargetFormat:
		l.size = o.Size
		next = lib.NewHTTPTargeter(l, nil, nil)
	case lib.JSONTargetFormat:
		next = lib.NewJSONTargeter(l, nil, nil)
	default:
		return nil, fmt.Errorf("format %q of targets; allowed: %s", o.Format, strings.Join(Formats, ", "))
	}
	c := newCollection(o)
	for more := true; more; {
		line := 0
		var err error
		if more, line, err = c.read(l, next); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", o.Name, max(1, line), err)
		}
	}
	if c.count == 0 {
		return nil, fmt.Errorf("%s names no target; allowed: 1 or more, e.g. %s", o.Name, example[o.Format])
	}
	return &c.Targets, nil
}

// example is a target of each format.
var example = map[string]string{
	lib.HTTPTargetFormat: "GET http://127.0.0.1:8080/",
	lib.JSONTargetFormat: `{"method": "GET", "url": "http://127.0.0.1:8080/"}`,
}

// collection collects the targets of a file.
type collection struct {
	Targets
	Options
	count  int               // of targets so far
	origin string            // as [origin] tells it
	known  map[string]int    // requests by what they ask for, with their place
	names  draft.Names       // of requests
	taken  draft.Names       // of variables
	fields map[string]string // by the credential that they stand for
}

func newCollection(o Options) *collection {
	return &collection{
		Options: o, known: map[string]int{}, names: draft.Names{}, taken: draft.Names{}, fields: map[string]string{},
	}
}

// read reads the next target; false when there is none. An error is about the line.
func (c *collection) read(l *lines, next lib.Targeter) (more bool, line int, err error) {
	var t lib.Target
	l.begin()
	switch err := next(&t); {
	case l.err != nil && !errors.Is(l.err, io.EOF):
		return false, l.number, l.err
	case errors.Is(err, lib.ErrNoTargets):
		return false, l.number, nil
	case err != nil:
		return false, l.number, fmt.Errorf("%s; allowed: the format %s of vegeta, e.g. %s", draft.Line(err.Error()),
			c.Format, example[c.Format])
	case c.count >= maxTargets:
		return false, l.first, fmt.Errorf("one target too many; allowed: at most %d", maxTargets)
	}
	c.count++
	first := l.first
	l.end()
	return true, first, c.add(&t, l.body)
}

// add adds a target to the requests, or to the weight of one that is there; file is where its body is.
func (c *collection) add(t *lib.Target, file string) error {
	if !slices.Contains(draft.Methods, t.Method) {
		return fmt.Errorf("the method is %q; allowed: %s", draft.Line(t.Method), strings.Join(draft.Methods, ", "))
	}
	u, err := c.place(t.URL)
	if err != nil {
		return err
	}
	r := suite.HTTPRequest{Weight: 1, Method: t.Method, File: file}
	if r.Path, err = c.path(u); err != nil {
		return err
	}
	if r.Headers, err = c.headers(t.Header, u); err != nil {
		return err
	}
	if file == "" {
		if r.Body, err = c.body(t.Body); err != nil {
			return err
		}
	}
	key := fmt.Sprintf("%q", []any{r.Method, r.Path, r.Headers, r.Body, r.File})
	if at, ok := c.known[key]; ok {
		c.Requests[at].Weight++
		return nil
	}
	if len(c.Requests) == maxRequests {
		return fmt.Errorf("one target too many; allowed: at most %d that differ", maxRequests)
	}
	c.known[key] = len(c.Requests)
	path, _, _ := strings.Cut(r.Path, "?")
	r.Name = c.names.Unique(draft.Name(strings.ToLower(r.Method)+" "+strings.ReplaceAll(path, "${env.", ""), "request"))
	c.Requests = append(c.Requests, r)
	return nil
}

// body is a body as a suite has it.
func (c *collection) body(body []byte) (string, error) {
	const instead = "the http format, with the body in a file (@FILE)"
	text := string(body)
	switch {
	case len(text) > draft.MaxBody:
		return "", fmt.Errorf("the body has %d bytes; allowed: at most %d, or %s", len(text), draft.MaxBody, instead)
	case text != strings.ToValidUTF8(text, ""):
		return "", fmt.Errorf("the body is no text in UTF-8, which a suite cannot hold; allowed: such a text, or %s",
			instead)
	case draft.HasField(text):
		return "", fmt.Errorf("the body has a ${…}, which a suite takes for a field; allowed: %s", instead)
	case draft.SecretBody(text):
		return "", fmt.Errorf("the body has a credential in it, which the archived suite would keep; allowed: %s",
			instead)
	}
	return text, nil
}

// unsent are header fields that the generator writes itself, as vegeta's does.
var unsent = []string{"Content-Length", "Transfer-Encoding", "Trailer"}

// canonical is the name of a header field as it is sent.
func canonical(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }
