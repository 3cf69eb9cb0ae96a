// Package openapi drafts the suite of a system that an OpenAPI 3 document describes.
//
// It follows no reference to another document, and opens no file and no connection.
package openapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// Options say what is drafted of a document.
type Options struct {
	Where  draft.Where
	Writes bool     // send the operations that change state, too; else they are comments
	Paths  []string // only operations whose path starts with one of these; empty for all
}

// Read drafts a suite from a document in JSON or YAML; the name is for messages and the suite.
func Read(name string, data []byte, o Options) (draft.Draft, error) {
	doc, err := load(name, data)
	if err != nil {
		return draft.Draft{}, err
	}
	described, about := chooseServer(doc.Servers)
	system, prefix, err := o.Where.Place(described)
	if err != nil {
		return draft.Draft{}, err
	}
	r := &reader{doc: doc, options: o, prefix: prefix, server: described}
	r.draft = draft.Draft{Source: name, System: system, Notes: about}
	if doc.Info != nil {
		r.draft.Title = doc.Info.Title
	}
	if err := r.operations(); err != nil {
		return draft.Draft{}, fmt.Errorf("%s %w", name, err)
	}
	return r.draft, nil
}

// load parses a document and resolves the references within it.
func load(name string, data []byte) (doc *openapi3.T, err error) {
	defer func() {
		// The document is a user's, the parser is not ours: what it cannot cope with is a problem of the document.
		if r := recover(); r != nil {
			doc, err = nil, fmt.Errorf("%s cannot be read as OpenAPI: %v", name, r)
		}
	}()
	if len(data) > draft.MaxInput {
		return nil, fmt.Errorf("%s has more than %d MiB", name, draft.MaxInput>>20)
	}
	doc, err = openapi3.NewLoader().LoadFromData(data)
	var outside *openapi3.DisallowedExternalRefError
	switch {
	case errors.As(err, &outside):
		return nil, fmt.Errorf(
			"%s refers to another document, %s; allowed: one document that holds all, e.g. by a bundler", name,
			draft.Line(outside.Ref),
		)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read as OpenAPI: %s", name, draft.Line(err.Error()))
	case doc == nil || !strings.HasPrefix(doc.OpenAPI+".", "3."):
		return nil, fmt.Errorf("%s is no OpenAPI 3 document; allowed: openapi: 3.x", name)
	}
	return doc, nil
}

// reader turns a document's operations into requests.
type reader struct {
	doc     *openapi3.T
	options Options
	prefix  string // of every path
	server  string // that the prefix is of
	draft   draft.Draft
}

// Reasons why there is nothing to draft.
var (
	errNoOperations = errors.New("describes no operation")
	errNoneChosen   = errors.New("describes no operation below the named paths")
	errOnlyWrites   = errors.New(
		"describes only operations that change state, which are not sent unasked; allowed: with --writes",
	)
)

func (r *reader) operations() error {
	described, chosen, off := 0, 0, 0
	for _, path := range r.doc.Paths.Keys() {
		item := r.doc.Paths.Value(path)
		if item == nil {
			continue
		}
		operations := item.Operations()
		described += len(operations)
		if !r.wanted(path) {
			continue
		}
		for _, method := range inOrder(operations) {
			if operations[method] == nil {
				continue
			}
			chosen++
			if r.operation(path, method, item, operations[method]) {
				off++
			}
		}
	}
	switch {
	case described == 0:
		return errNoOperations
	case chosen == 0:
		return errNoneChosen
	case off == chosen:
		return errOnlyWrites
	}
	return nil
}

func (r *reader) wanted(path string) bool {
	return len(r.options.Paths) == 0 ||
		slices.ContainsFunc(r.options.Paths, func(p string) bool { return strings.HasPrefix(path, p) })
}

// inOrder are the methods of a path, those that a suite knows first.
func inOrder(operations map[string]*openapi3.Operation) []string {
	known := func(m string) bool { return slices.Contains(draft.Methods, m) }
	all := slices.DeleteFunc(slices.Clone(draft.Methods), func(m string) bool { return operations[m] == nil })
	return append(all, slices.DeleteFunc(slices.Sorted(maps.Keys(operations)), known)...)
}
