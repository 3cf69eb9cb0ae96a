// Package draft writes the first suite of a system that somebody else has described: the
// requests, where the system is, and claims to fill in, with comments that say where each
// figure comes from.
//
// It reads no file and asks nobody; the packages below it read descriptions.
package draft

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Limits of what is drafted.
const (
	MaxInput = 50 << 20 // bytes of a description
	MaxBody  = 16 << 10 // bytes of a request's body; a larger one is left out
	maxPath  = 900      // characters of a path; a line of a suite has at most 1000
	maxValue = 900      // bytes of a header's value
	requests = 1000     // entries of a list in a suite
)

// Draft is what a suite is written from.
type Draft struct {
	Title    string // one line; "" for the source
	Source   string // what it was drafted from, e.g. openapi.yaml
	System   System
	Notes    []string // said at the head
	Requests []Request
	LeftOut  []string // what was left out and why, one line each
}

// Request is one kind of request, as a suite has it. Its texts may have fields: a literal ${
// in them must have been escaped.
type Request struct {
	suite.HTTPRequest          // any name: a good and unique one is made of it
	Notes             []string // said above it
	Hints             []string // lines of YAML that the user may want, written as comments
	Off               bool     // written as a comment as a whole
}

// Suite is the text of the suite, which [suite.Parse] accepts.
func (d Draft) Suite() ([]byte, error) {
	if d.Source == "" {
		d.Source = "description"
	}
	requests, leftOut := d.usable()
	text, err := d.text(requests, leftOut)
	if err != nil {
		return nil, err
	}
	if _, err := suite.Parse("the drafted suite", []byte(text)); err != nil {
		return nil, fmt.Errorf("draft a suite from %s: %w", d.Source, err)
	}
	return []byte(text), nil
}

// usable are the requests that a suite can hold, those that are sent first, with good names.
func (d Draft) usable() (good []Request, leftOut []string) {
	leftOut = append(leftOut, d.LeftOut...)
	taken := Names{}
	for _, off := range []bool{false, true} {
		for _, r := range d.Requests {
			if r.Off != off {
				continue
			}
			if r.Method == "" {
				r.Method = "GET"
			}
			if problem := r.problem(); problem != "" {
				leftOut = append(leftOut, fmt.Sprintf("%s %s: %s", r.Method, Clip(r.Path, 120), problem))
				continue
			}
			r.Name = taken.Unique(Name(r.Name, Name(r.Method+" "+r.Path, "request")))
			good = append(good, r)
		}
	}
	return good, leftOut
}

// Methods are the methods that a suite knows.
var Methods = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}

// Safe reports whether a method asks for nothing to be changed.
func Safe(method string) bool {
	return method == "GET" || method == "HEAD" || method == "OPTIONS"
}

// problem says why a suite cannot hold the request; "" when it can.
func (r Request) problem() string {
	switch {
	case !slices.Contains(Methods, r.Method):
		return "the method is none of " + strings.Join(Methods, ", ")
	case len(r.Path) > maxPath:
		return fmt.Sprintf("its path has more than %d characters", maxPath)
	case len(r.Body) > MaxBody:
		return fmt.Sprintf("its body has more than %d bytes", MaxBody)
	case !utf8.ValidString(r.Body):
		return "its body is no text"
	case !requestPath(r.Path):
		return "its path cannot be asked for"
	}
	for _, h := range r.Headers {
		if !GoodHeader(h.Name, h.Value) || h.Value == "" || len(h.Value) > maxValue {
			return "its header " + Line(h.Name) + " cannot be sent"
		}
	}
	return ""
}

// errNothing says that a suite would ask for nothing.
var errNothing = errors.New("has no request that a suite can hold")

// place is the source as a place in a document, which has no spaces.
func place(source string) string {
	text := strings.Join(strings.Fields(Line(path.Base(source))), "-")
	if r := []rune(text); len(r) > 100 {
		text = string(r[:100])
	}
	if text == "" {
		return "description"
	}
	return text
}
