package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// pair is one key of a mapping with its value.
type pair struct {
	key   string
	at    position // of the key
	value ast.Node
}

// valueAt is where the value stands, or the key if it has none.
func (p pair) valueAt() position {
	if _, empty := p.value.(*ast.NullNode); empty {
		return p.at
	}
	return place(p.value)
}

// pairs returns the keys and values of a mapping, each key once, and reports keys that
// are given twice or are not plain.
func (r *reader) pairs(n ast.Node) ([]pair, bool) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		return nil, false
	}
	var pairs []pair
	first := map[string]int{}
	for _, v := range values {
		at := place(v.Key)
		if !r.bare(v.Key) {
			continue
		}
		key := v.Key.GetToken().Value
		if line, twice := first[key]; twice {
			r.report(at, fmt.Sprintf("key %s is given twice, first in line %d", quote(key), line), "each key once")
			continue
		}
		first[key] = at.line
		pairs = append(pairs, pair{key, at, v.Value})
	}
	return pairs, true
}

// object is a mapping with known keys.
type object[T any] struct {
	name   string // with its article, e.g. "a phase"
	about  string
	fields []field[T]
	oneOf  []string                   // of these keys exactly one is required
	refine func(s *jsonschema.Schema) // adds to the schema what a table says beyond the fields; may be nil
}

// field is a key of an object.
type field[T any] struct {
	key      string
	required bool
	read     func(r *reader, path string, p pair, into *T)
	schema   func() *jsonschema.Schema
}

// must is a field that has to be there.
func must[T, V any](key, about string, c codec[V], to func(*T) *V) field[T] {
	f := may(key, about, c, to)
	f.required = true
	return f
}

// may is a field that can be left out.
func may[T, V any](key, about string, c codec[V], to func(*T) *V) field[T] {
	return field[T]{
		key: key,
		read: func(r *reader, path string, p pair, into *T) {
			*to(into), _ = child(r, c, path, p.valueAt(), p.value)
		},
		schema: func() *jsonschema.Schema {
			s := c.schema()
			s.Description = about
			return s
		},
	}
}

func (c object[T]) read(r *reader, path string, n ast.Node) (T, bool) {
	var into T
	if !r.bare(n) {
		return into, false
	}
	before := len(r.problems)
	pairs, ok := r.pairs(n)
	if !ok {
		r.unfit(path, n, "a mapping", c.allowed())
		return into, false
	}
	given := map[string]bool{}
	for _, p := range pairs {
		given[p.key] = true
		f, ok := c.field(p.key)
		if !ok {
			r.report(p.at, fmt.Sprintf("unknown key %s in %s", quote(p.key), c.name)+didYouMean(p.key, c.keys()), c.allowed())
			if meant, ok := nearest(p.key, c.keys()); ok {
				given[meant] = true // misspelt, so not missing as well
			}
			continue
		}
		f.read(r, strings.TrimPrefix(path+"."+p.key, "."), p, &into)
	}
	c.missing(r, n, given)
	return into, len(r.problems) == before
}

// missing reports the keys that are required and not given.
func (c object[T]) missing(r *reader, n ast.Node, given map[string]bool) {
	var keys []string
	for _, f := range c.fields {
		if f.required && !given[f.key] {
			keys = append(keys, f.key)
		}
	}
	if len(keys) > 0 {
		r.report(place(n), fmt.Sprintf("%s lacks %s", c.name, strings.Join(keys, ", ")), c.allowed())
	}
	chosen := slices.DeleteFunc(slices.Clone(c.oneOf), func(key string) bool { return !given[key] })
	one := "exactly one of " + strings.Join(c.oneOf, ", ")
	switch {
	case len(c.oneOf) > 0 && len(chosen) == 0:
		r.report(place(n), c.name+" lacks "+strings.Join(c.oneOf, " or "), one)
	case len(chosen) > 1:
		r.report(place(n), c.name+" has both "+strings.Join(chosen, " and "), one)
	}
}

func (c object[T]) field(key string) (field[T], bool) {
	i := slices.IndexFunc(c.fields, func(f field[T]) bool { return f.key == key })
	if i < 0 {
		return field[T]{}, false
	}
	return c.fields[i], true
}

func (c object[T]) keys() []string {
	keys := make([]string, len(c.fields))
	for i, f := range c.fields {
		keys[i] = f.key
	}
	return keys
}

func (c object[T]) allowed() string { return "the keys " + strings.Join(c.keys(), ", ") }

func (c object[T]) schema() *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Description: c.about, Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
	}
	for _, f := range c.fields {
		s.Properties.Set(f.key, f.schema())
		if f.required {
			s.Required = append(s.Required, f.key)
		}
	}
	for _, key := range c.oneOf {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{key}})
	}
	if c.refine != nil {
		c.refine(s)
	}
	return s
}
