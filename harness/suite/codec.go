package suite

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// A codec reads values of one type from YAML, and describes them as JSON Schema: the
// one table that is made of codecs (format.go) is what is validated and what is published.
type codec[V any] interface {
	// read returns the value of a node, or reports what is wrong with it. The path,
	// e.g. "phases[2].rate", is noted with the node's place when the value is good.
	read(r *reader, path string, n ast.Node) (V, bool)
	schema() *jsonschema.Schema
}

// reader reads one document.
type reader struct {
	*source
	good   map[string]position // where the values stand that were read without a problem
	places map[string]position // where all values stand
}

// wrong reports a value that may not stand where it does.
func (r *reader) wrong(path string, n ast.Node, problem, allowed string) {
	name := path[strings.LastIndex(path, ".")+1:]
	if name == "" {
		name = "suite"
	}
	r.report(r.placed(path, n), name+": "+problem, allowed)
}

// unfit reports a value of the wrong kind; want is the right one, with its article.
func (r *reader) unfit(path string, n ast.Node, want, allowed string) {
	if _, empty := n.(*ast.NullNode); empty {
		r.wrong(path, n, "has no value, must be "+want, allowed)
		return
	}
	r.wrong(path, n, fmt.Sprintf("must be %s, not %s", want, kind(n)), allowed)
}

// placed is where a value stands; an empty one stands where its key does.
func (r *reader) placed(path string, n ast.Node) position {
	if at, ok := r.places[path]; ok {
		return at
	}
	return place(n)
}

// bare reports YAML that a suite must do without: anchors, aliases, merges and tags,
// which hide what a file says (and can make a small file expand without end).
func (r *reader) bare(n ast.Node) bool {
	what := ""
	switch n.(type) {
	case *ast.AnchorNode:
		what = "anchor"
	case *ast.AliasNode:
		what = "alias"
	case *ast.MergeKeyNode:
		what = "merge key <<"
	case *ast.TagNode:
		what = "tag"
	case *ast.MappingKeyNode:
		what = "key after ?"
	default:
		return true
	}
	r.report(place(n), "YAML "+what, "every value written out where it stands: no anchors, aliases, merges, tags or ? keys")
	return false
}

// kind names a node for a message.
func kind(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.BoolNode:
		return "a truth value"
	case *ast.IntegerNode, *ast.FloatNode, *ast.NanNode, *ast.InfinityNode:
		return "the number " + n.GetToken().Value
	case *ast.StringNode:
		return "the text " + quote(n.Value)
	case *ast.LiteralNode:
		return "a text of several lines"
	}
	return "something else"
}

// scalar is a value written as a single word, number or text.
type scalar[V any] struct {
	what    string // with its article, e.g. "a whole number"
	allowed string
	text    func(n ast.Node) (string, bool) // the node's text; false if it is of the wrong kind
	parse   func(text string) (V, error)    // the error is a [*ValueError]
	json    jsonschema.Schema
}

func (c scalar[V]) read(r *reader, path string, n ast.Node) (V, bool) {
	var zero V
	if !r.bare(n) {
		return zero, false
	}
	text, ok := c.text(n)
	if !ok {
		r.unfit(path, n, c.what, c.allowed)
		return zero, false
	}
	v, err := c.parse(text)
	if err != nil {
		problem, allowed := err.Error(), c.allowed
		var value *ValueError
		if errors.As(err, &value) {
			problem, allowed = value.Message, value.Allowed
		}
		r.wrong(path, n, problem, allowed)
		return zero, false
	}
	return v, true
}

func (c scalar[V]) schema() *jsonschema.Schema {
	s := c.json
	return &s
}

// list is a list of values of one kind.
type list[V any] struct {
	name  string // with its article, e.g. "the list of phases"
	least int    // entries
	of    codec[V]
}

// mostEntries is how many entries a list may have.
const mostEntries = 1000

func (c list[V]) read(r *reader, path string, n ast.Node) ([]V, bool) {
	if !r.bare(n) {
		return nil, false
	}
	allowed := fmt.Sprintf("a list of %d to %d entries", c.least, mostEntries)
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		r.unfit(path, n, c.name, allowed)
		return nil, false
	}
	if len(sequence.Values) < c.least || len(sequence.Values) > mostEntries {
		r.wrong(path, n, fmt.Sprintf("has %d entries", len(sequence.Values)), allowed)
		return nil, false
	}
	var values []V
	all := true
	for i, entry := range sequence.Values {
		v, ok := child(r, c.of, fmt.Sprintf("%s[%d]", path, i), place(entry), entry)
		all = all && ok
		values = append(values, v) // a bad entry too, so that indices and paths agree
	}
	return values, all
}

func (c list[V]) schema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "array", Items: c.of.schema(), MaxItems: number64(mostEntries)}
	if c.least > 0 {
		s.MinItems = number64(c.least)
	}
	return s
}

func number64(n int) *uint64 {
	u := uint64(n)
	return &u
}

// child reads a value below another one and notes where it stands.
func child[V any](r *reader, c codec[V], path string, at position, n ast.Node) (V, bool) {
	r.places[path] = at
	v, ok := c.read(r, path, n)
	if ok {
		r.good[path] = at
	}
	return v, ok
}
