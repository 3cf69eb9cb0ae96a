package form

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// A Codec reads values of one type from YAML, and describes them as JSON Schema: the
// tables that are made of codecs are what is validated and what is published.
type Codec[V any] interface {
	// Read returns the value of a node, or reports what is wrong with it. The path,
	// e.g. "phases[2].rate", is noted with the node's place when the value is good.
	Read(r *Reader, path string, n ast.Node) (V, bool)
	// Schema describes the values.
	Schema() *jsonschema.Schema
}

// Reader reads one document.
type Reader struct {
	*source
	good   map[string]Position // where the values stand that were read without a problem
	places map[string]Position // where all values stand
}

// Wrong reports a value that may not stand where it does.
func (r *Reader) Wrong(path string, n ast.Node, problem, allowed string) {
	name := path[strings.LastIndex(path, ".")+1:]
	if name == "" {
		name = r.form.Name
	}
	r.Report(r.placed(path, n), name+": "+problem, allowed)
}

// Unfit reports a value of the wrong kind; want is the right one, with its article.
func (r *Reader) Unfit(path string, n ast.Node, want, allowed string) {
	if _, empty := n.(*ast.NullNode); empty {
		r.Wrong(path, n, "has no value, must be "+want, allowed)
		return
	}
	r.Wrong(path, n, fmt.Sprintf("must be %s, not %s", want, KindOf(n)), allowed)
}

// placed is where a value stands; an empty one stands where its key does.
func (r *Reader) placed(path string, n ast.Node) Position {
	if at, ok := r.places[path]; ok {
		return at
	}
	return PlaceOf(n)
}

// Bare reports YAML that a document must do without: anchors, aliases, merges and tags,
// which hide what a file says (and can make a small file expand without end).
func (r *Reader) Bare(n ast.Node) bool {
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
	r.Report(PlaceOf(n), "YAML "+what,
		"every value written out where it stands: no anchors, aliases, merges, tags or ? keys")
	return false
}

// KindOf names a node for a message.
func KindOf(n ast.Node) string {
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
		return "the text " + Quote(n.Value)
	case *ast.LiteralNode:
		return "a text of several lines"
	}
	return "something else"
}

// Scalar is a value written as a single word, number or text.
type Scalar[V any] struct {
	What    string                          // with its article, e.g. "a whole number"
	Allowed string                          // what may stand there, for a message
	Text    func(n ast.Node) (string, bool) // the node's text; false if it is of the wrong kind
	Parse   func(text string) (V, error)    // the error is a [*ValueError]
	JSON    jsonschema.Schema
}

// Read returns the value of a node.
func (c Scalar[V]) Read(r *Reader, path string, n ast.Node) (V, bool) {
	var zero V
	if !r.Bare(n) {
		return zero, false
	}
	text, ok := c.Text(n)
	if !ok {
		r.Unfit(path, n, c.What, c.Allowed)
		return zero, false
	}
	v, err := c.Parse(text)
	if err != nil {
		problem, allowed := err.Error(), c.Allowed
		var value *ValueError
		if errors.As(err, &value) {
			problem, allowed = value.Message, value.Allowed
		}
		r.Wrong(path, n, problem, allowed)
		return zero, false
	}
	return v, true
}

// Schema describes the values.
func (c Scalar[V]) Schema() *jsonschema.Schema {
	s := c.JSON
	return &s
}

// list is a list of values of one kind.
type list[V any] struct {
	name  string // with its article, e.g. "the list of phases"
	least int    // entries
	of    Codec[V]
}

// ListOf is a list of at least so many values; its name has its article, e.g. "a list of phases".
func ListOf[V any](name string, least int, of Codec[V]) Codec[[]V] { return list[V]{name, least, of} }

// mostEntries is how many entries a list may have.
const mostEntries = 1000

func (c list[V]) Read(r *Reader, path string, n ast.Node) ([]V, bool) {
	if !r.Bare(n) {
		return nil, false
	}
	allowed := fmt.Sprintf("a list of %d to %d entries", c.least, mostEntries)
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		r.Unfit(path, n, c.name, allowed)
		return nil, false
	}
	if len(sequence.Values) < c.least || len(sequence.Values) > mostEntries {
		r.Wrong(path, n, fmt.Sprintf("has %d entries", len(sequence.Values)), allowed)
		return nil, false
	}
	var values []V
	all := true
	for i, entry := range sequence.Values {
		v, ok := Child(r, c.of, fmt.Sprintf("%s[%d]", path, i), PlaceOf(entry), entry)
		all = all && ok
		values = append(values, v) // a bad entry too, so that indices and paths agree
	}
	return values, all
}

func (c list[V]) Schema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "array", Items: c.of.Schema(), MaxItems: Count(mostEntries)}
	if c.least > 0 {
		s.MinItems = Count(c.least)
	}
	return s
}

// Count is a number as the schema has it.
func Count(n int) *uint64 {
	u := uint64(n)
	return &u
}

// Child reads a value below another one and notes where it stands.
func Child[V any](r *Reader, c Codec[V], path string, at Position, n ast.Node) (V, bool) {
	r.places[path] = at
	v, ok := c.Read(r, path, n)
	if ok {
		r.good[path] = at
	}
	return v, ok
}

// At is where a value stands, if it is good.
func (r *Reader) At(format string, args ...any) (Position, bool) {
	at, ok := r.good[fmt.Sprintf(format, args...)]
	return at, ok
}

// Given reports whether a key stands in the file, well or badly.
func (r *Reader) Given(format string, args ...any) bool {
	_, ok := r.places[fmt.Sprintf(format, args...)]
	return ok
}
