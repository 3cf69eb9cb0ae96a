package form

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// Pair is one key of a mapping with its value.
type Pair struct {
	Key   string
	At    Position // of the key
	Value ast.Node
}

// ValueAt is where the value stands, or the key if it has none.
func (p Pair) ValueAt() Position {
	if _, empty := p.Value.(*ast.NullNode); empty {
		return p.At
	}
	return PlaceOf(p.Value)
}

// Pairs returns the keys and values of a mapping, each key once, and reports keys that
// are given twice or are not plain.
func (r *Reader) Pairs(n ast.Node) ([]Pair, bool) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		return nil, false
	}
	var pairs []Pair
	first := map[string]int{}
	for _, v := range values {
		at := PlaceOf(v.Key)
		if !r.Bare(v.Key) {
			continue
		}
		key := v.Key.GetToken().Value
		if line, twice := first[key]; twice {
			r.Report(at, fmt.Sprintf("key %s is given twice, first in line %d", Quote(key), line), "each key once")
			continue
		}
		first[key] = at.Line
		pairs = append(pairs, Pair{key, at, v.Value})
	}
	return pairs, true
}

// Object is a mapping with known keys.
type Object[T any] struct {
	Name   string // with its article, e.g. "a phase"
	About  string
	Fields []Field[T]
	OneOf  []string                   // of these keys exactly one is required
	Refine func(s *jsonschema.Schema) // adds to the schema what a table says beyond the fields; may be nil
}

// Field is a key of an object.
type Field[T any] struct {
	Key      string
	was      string // its name before, which is still read; "" when there is none
	required bool
	read     func(r *Reader, path string, p Pair, into *T)
	schema   func() *jsonschema.Schema
}

// Was is the field with an old name under which it is still read.
func (f Field[T]) Was(old string) Field[T] {
	f.was = old
	return f
}

// Must is a field that has to be there.
func Must[T, V any](key, about string, c Codec[V], to func(*T) *V) Field[T] {
	f := May(key, about, c, to)
	f.required = true
	return f
}

// May is a field that can be left out.
func May[T, V any](key, about string, c Codec[V], to func(*T) *V) Field[T] {
	return Field[T]{
		Key: key,
		read: func(r *Reader, path string, p Pair, into *T) {
			*to(into), _ = Child(r, c, path, p.ValueAt(), p.Value)
		},
		schema: func() *jsonschema.Schema {
			s := c.Schema()
			s.Description = about
			return s
		},
	}
}

// Read returns the value of a mapping.
func (c Object[T]) Read(r *Reader, path string, n ast.Node) (T, bool) {
	var into T
	if !r.Bare(n) {
		return into, false
	}
	before := len(r.problems)
	pairs, ok := r.Pairs(n)
	if !ok {
		r.Unfit(path, n, "a mapping", c.allowed())
		return into, false
	}
	given := map[string]bool{}
	for _, p := range pairs {
		f, ok := c.field(p.Key)
		if ok && p.Key != f.Key {
			r.Outdate(p.At, p.Key, f.Key)
			p.Key = f.Key
		}
		if given[p.Key] {
			r.Report(p.At, fmt.Sprintf("key %s is given twice, once by its old name %s", Quote(p.Key), Quote(f.was)),
				"each key once")
		}
		given[p.Key] = true
		if !ok {
			r.Report(p.At, fmt.Sprintf("unknown key %s in %s", Quote(p.Key), c.Name)+DidYouMean(p.Key, c.keys()),
				c.allowed())
			if meant, ok := Nearest(p.Key, c.keys()); ok {
				given[meant] = true // misspelt, so not missing as well
			}
			continue
		}
		f.read(r, strings.TrimPrefix(path+"."+p.Key, "."), p, &into)
	}
	c.missing(r, n, given)
	return into, len(r.problems) == before
}

// missing reports the keys that are required and not given.
func (c Object[T]) missing(r *Reader, n ast.Node, given map[string]bool) {
	var keys []string
	for _, f := range c.Fields {
		if f.required && !given[f.Key] {
			keys = append(keys, f.Key)
		}
	}
	if len(keys) > 0 {
		r.Report(PlaceOf(n), fmt.Sprintf("%s lacks %s", c.Name, strings.Join(keys, ", ")), c.allowed())
	}
	chosen := slices.DeleteFunc(slices.Clone(c.OneOf), func(key string) bool { return !given[key] })
	one := "exactly one of " + strings.Join(c.OneOf, ", ")
	switch {
	case len(c.OneOf) > 0 && len(chosen) == 0:
		r.Report(PlaceOf(n), c.Name+" lacks "+strings.Join(c.OneOf, " or "), one)
	case len(chosen) > 1:
		r.Report(PlaceOf(n), c.Name+" has both "+strings.Join(chosen, " and "), one)
	}
}

// field is the field of a key, or of its old name.
func (c Object[T]) field(key string) (Field[T], bool) {
	i := slices.IndexFunc(c.Fields, func(f Field[T]) bool { return f.Key == key || f.was != "" && f.was == key })
	if i < 0 {
		return Field[T]{}, false
	}
	return c.Fields[i], true
}

func (c Object[T]) keys() []string {
	keys := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		keys[i] = f.Key
	}
	return keys
}

func (c Object[T]) allowed() string { return "the keys " + strings.Join(c.keys(), ", ") }

// Schema describes the mapping.
func (c Object[T]) Schema() *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Description: c.About, Properties: jsonschema.NewProperties(),
		AdditionalProperties: jsonschema.FalseSchema,
	}
	for _, f := range c.Fields {
		s.Properties.Set(f.Key, f.schema())
		if f.required {
			s.Required = append(s.Required, f.Key)
		}
	}
	for _, key := range c.OneOf {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{key}})
	}
	if c.Refine != nil {
		c.Refine(s)
	}
	return s
}
