package openapi

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Bounds of what is made of a schema, which may contain itself.
const (
	deepest    = 8    // levels
	mostValues = 2000 // values
	mostItems  = 10   // of a list
	longest    = 1000 // characters of a text that a schema wants to be long
)

// given is a value that a schema itself gives.
func given(s *openapi3.Schema) (any, bool) {
	switch {
	case s.Example != nil:
		return s.Example, true
	case len(s.Examples) > 0 && s.Examples[0] != nil:
		return s.Examples[0], true
	case s.Const != nil:
		return s.Const, true
	case s.Default != nil:
		return s.Default, true
	case len(s.Enum) > 0 && s.Enum[0] != nil:
		return s.Enum[0], true
	}
	return nil, false
}

// maker makes values of schemas.
type maker struct{ left int }

// make is a small value that suits a schema; a text where the schema says nothing.
func (m *maker) make(ref *openapi3.SchemaRef, depth int) any {
	if m.left--; m.left < 0 || depth > deepest || ref == nil || ref.Value == nil {
		return "text"
	}
	s := ref.Value
	if v, ok := given(s); ok {
		return v
	}
	for _, choices := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(choices) > 0 && len(s.Properties) == 0 {
			return m.make(chosen(choices), depth+1)
		}
	}
	switch kind := kindOf(s); kind {
	case "object":
		return m.object(s, depth)
	case "array":
		return m.list(s, depth)
	case "integer", "number":
		return number(s, kind == "integer")
	case "boolean":
		return true
	case "null":
		return nil
	case "":
		if len(s.AllOf) > 0 {
			return m.make(s.AllOf[0], depth+1)
		}
	}
	return text(s)
}

// chosen is the first choice that is not null.
func chosen(choices openapi3.SchemaRefs) *openapi3.SchemaRef {
	for _, c := range choices {
		if c != nil && c.Value != nil && !c.Value.Type.Is("null") {
			return c
		}
	}
	return choices[0]
}

// kindOf is the type of a schema, or what its keywords tell of it.
func kindOf(s *openapi3.Schema) string {
	for _, t := range s.Type.Slice() {
		if t != "null" {
			return t
		}
	}
	switch {
	case s.Type.Is("null"):
		return "null"
	case len(s.Properties) > 0:
		return "object"
	case s.Items != nil:
		return "array"
	}
	for _, part := range s.AllOf {
		if part != nil && part.Value != nil && (len(part.Value.Properties) > 0 || part.Value.Type.Is("object")) {
			return "object"
		}
	}
	return ""
}

// object has what is required; at the top all plain properties where nothing is.
func (m *maker) object(s *openapi3.Schema, depth int) any {
	made := map[string]any{}
	required, properties := m.parts(s, depth, 0)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p := properties[name]
		if p == nil || p.Value == nil || p.Value.ReadOnly {
			continue
		}
		kind := kindOf(p.Value)
		optional := len(required) == 0 && depth == 0 && kind != "object" && kind != "array" && kind != ""
		if (slices.Contains(required, name) || optional) && depth < deepest && m.left > 0 {
			made[name] = m.make(p, depth+1)
		}
	}
	return made
}

// parts are the required names and the properties of a schema and all that it is made of.
func (m *maker) parts(s *openapi3.Schema, depth, level int) (required []string, properties openapi3.Schemas) {
	required, properties = slices.Clone(s.Required), maps.Clone(s.Properties)
	if properties == nil {
		properties = openapi3.Schemas{}
	}
	parts := slices.Clone(s.AllOf)
	for _, choices := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(choices) > 0 {
			parts = append(parts, chosen(choices))
		}
	}
	for _, part := range parts {
		if m.left--; part == nil || part.Value == nil || level > deepest || m.left < 0 {
			continue
		}
		r, p := m.parts(part.Value, depth, level+1)
		required = append(required, r...)
		for name, schema := range p {
			if properties[name] == nil {
				properties[name] = schema
			}
		}
	}
	return required, properties
}

func (m *maker) list(s *openapi3.Schema, depth int) any {
	items := []any{}
	for range min(max(1, s.MinItems), mostItems) {
		if s.MaxItems != nil && uint64(len(items)) >= *s.MaxItems || depth >= deepest || m.left <= 0 {
			break
		}
		items = append(items, m.make(s.Items, depth+1))
	}
	return items
}

func number(s *openapi3.Schema, whole bool) any {
	v := 1.0
	low, high := limits(s)
	switch {
	case low != nil && v < *low:
		v = *low
	case high != nil && v > *high:
		v = *high
	}
	if s.MultipleOf != nil && *s.MultipleOf > 0 {
		v = math.Ceil(v / *s.MultipleOf) * *s.MultipleOf
	}
	if whole {
		v = math.Ceil(v)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 1.0
	}
	return v
}

// formats are texts of the formats that are common.
var formats = map[string]string{
	"uuid": "00000000-0000-4000-8000-000000000001",
	"date": "2024-01-01", "time": "12:00:00Z", "date-time": "2024-01-01T00:00:00Z", "duration": "PT1S",
	"email": "user@example.com", "uri": "http://example.com/", "url": "http://example.com/",
	"hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "byte": "dGV4dA==",
}

func text(s *openapi3.Schema) string {
	made, known := formats[s.Format]
	if !known {
		made = "text"
	}
	if n := min(s.MinLength, longest); uint64(len(made)) < n {
		made += strings.Repeat("x", int(n)-len(made))
	}
	if s.MaxLength != nil && uint64(len(made)) > *s.MaxLength {
		made = made[:*s.MaxLength]
	}
	return made
}
