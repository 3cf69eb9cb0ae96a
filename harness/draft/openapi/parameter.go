package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// filler fills in what a request must have.
type filler struct {
	request *draft.Request
	madeUp  []string // names of what has neither an example nor bounds
}

// fill makes the path with its query, and the header fields that are required.
func (f *filler) fill(prefix, path string, all []*openapi3.Parameter) {
	inPath := map[string]*openapi3.Parameter{}
	var query, cookies []string
	for _, p := range all {
		switch {
		case p.In == openapi3.ParameterInPath:
			inPath[p.Name] = p
		case !p.Required:
		case p.In == openapi3.ParameterInQuery:
			query = append(query, f.query(p)...)
		case p.In == openapi3.ParameterInCookie:
			cookies = append(cookies, p.Name+"="+draft.Escape(f.plain(p)))
		case p.In == openapi3.ParameterInHeader && !ofItself(p.Name):
			if value := f.plain(p); !draft.HasField(value) && draft.Line(value) != "" {
				setHeader(f.request, p.Name, draft.Line(value))
			}
		}
	}
	if len(cookies) > 0 {
		setHeader(f.request, "Cookie", strings.Join(cookies, "; "))
	}
	f.request.Path = prefix + f.path(path, inPath)
	for i, q := range query {
		f.request.Path += mark(f.request.Path, i) + q
	}
}

// mark is what stands before a further part of a query.
func mark(path string, i int) string {
	if i > 0 || strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// ofItself names header fields that the document does not describe as parameters.
func ofItself(name string) bool {
	return slices.Contains([]string{"accept", "content-type", "authorization", "host", "content-length"},
		strings.ToLower(name))
}

// path fills a template of a path.
func (f *filler) path(path string, parameters map[string]*openapi3.Parameter) string {
	var b strings.Builder
	last := 0
	for _, m := range parameterOf.FindAllStringSubmatchIndex(path, -1) {
		b.WriteString(draft.Path(path[last:m[0]]))
		name := path[m[2]:m[3]]
		p := parameters[name]
		if p == nil {
			p = &openapi3.Parameter{Name: name} // described nowhere
		}
		b.WriteString(f.segment(p))
		last = m[1]
	}
	b.WriteString(draft.Path(path[last:]))
	return b.String()
}

func (f *filler) segment(p *openapi3.Parameter) string {
	v, field := f.value(p)
	if field != "" {
		return field
	}
	text := draft.Escape(flat(v, ","))
	switch p.Style {
	case openapi3.SerializationLabel:
		return "." + text
	case openapi3.SerializationMatrix:
		return ";" + draft.Escape(p.Name) + "=" + text
	}
	if text == "" {
		return "1" // an empty segment would be another path
	}
	return text
}

// query are the parts of a query that give a parameter its value.
func (f *filler) query(p *openapi3.Parameter) []string {
	v, field := f.value(p)
	name := draft.Escape(p.Name)
	if field != "" {
		return []string{name + "=" + field}
	}
	explode := p.Explode == nil && (p.Style == "" || p.Style == openapi3.SerializationForm) ||
		p.Explode != nil && *p.Explode
	switch v := v.(type) {
	case []any:
		if !explode || len(v) == 0 {
			return []string{name + "=" + draft.Escape(flat(v, separator(p.Style)))}
		}
		var parts []string
		for _, item := range v {
			parts = append(parts, name+"="+draft.Escape(flat(item, ",")))
		}
		return parts
	case map[string]any:
		if len(p.Content) > 0 || p.Style != openapi3.SerializationDeepObject && !explode {
			break
		}
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			part := draft.Escape(k)
			if p.Style == openapi3.SerializationDeepObject {
				part = name + "%5B" + part + "%5D"
			}
			parts = append(parts, part+"="+draft.Escape(flat(v[k], ",")))
		}
		return parts
	}
	return []string{name + "=" + draft.Escape(f.text(p, v))}
}

func separator(style string) string {
	switch style {
	case openapi3.SerializationSpaceDelimited:
		return " "
	case openapi3.SerializationPipeDelimited:
		return "|"
	}
	return ","
}

// plain is a parameter's value as one text.
func (f *filler) plain(p *openapi3.Parameter) string {
	v, field := f.value(p)
	if field != "" {
		return field
	}
	return f.text(p, v)
}

func (f *filler) text(p *openapi3.Parameter, v any) string {
	if len(p.Content) > 0 {
		if _, isText := v.(string); !isText {
			text, _ := json.Marshal(v) // what has no JSON form is left empty
			return string(text)
		}
	}
	return flat(v, ",")
}

// value is what a parameter is given: an example, the default, the first of an enumeration,
// a value of its schema, or a field that makes one between the schema's bounds.
func (f *filler) value(p *openapi3.Parameter) (v any, field string) {
	if p.Example != nil {
		return p.Example, ""
	}
	if v, ok := example(p.Examples); ok {
		return v, ""
	}
	schema := p.Schema
	for _, t := range mediaTypes(p.Content) {
		if m := p.Content[t]; m != nil {
			if m.Example != nil {
				return m.Example, ""
			}
			schema = m.Schema
		}
	}
	if schema != nil && schema.Value != nil {
		if v, ok := given(schema.Value); ok {
			return v, ""
		}
		if low, high, ok := bounds(schema.Value); ok {
			return nil, fmt.Sprintf("${random:%d-%d}", low, high)
		}
	}
	f.madeUp = append(f.madeUp, draft.Line(p.Name))
	m := maker{left: mostValues}
	return m.make(schema, 0), ""
}

// example is the first example, by name, that holds a value.
func example(all openapi3.Examples) (any, bool) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if ref := all[name]; ref != nil && ref.Value != nil && ref.Value.Value != nil {
			return ref.Value.Value, true
		}
	}
	return nil, false
}

// bounds are the least and the largest value of a whole number that has both.
func bounds(s *openapi3.Schema) (low, high int64, ok bool) {
	if !s.Type.Is("integer") || s.MultipleOf != nil {
		return 0, 0, false
	}
	from, to := limits(s)
	if from == nil || to == nil {
		return 0, 0, false
	}
	a, b := math.Ceil(*from), math.Floor(*to)
	if a < 0 || b < a || b > 1<<53 {
		return 0, 0, false
	}
	return int64(a), int64(b), true
}

// limits are the bounds of a number, those excluded moved in by one.
func limits(s *openapi3.Schema) (low, high *float64) {
	low, high = s.Min, s.Max
	moved := func(v *float64, by float64) *float64 {
		w := *v + by
		return &w
	}
	switch {
	case s.ExclusiveMin.Value != nil:
		low = moved(s.ExclusiveMin.Value, 1)
	case s.ExclusiveMin.IsTrue() && low != nil:
		low = moved(low, 1)
	}
	switch {
	case s.ExclusiveMax.Value != nil:
		high = moved(s.ExclusiveMax.Value, -1)
	case s.ExclusiveMax.IsTrue() && high != nil:
		high = moved(high, -1)
	}
	return low, high
}

// flat is a value as one text; lists and objects with a separator between their parts.
func flat(v any, separator string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, flat(item, separator))
		}
		return strings.Join(parts, separator)
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k, flat(v[k], separator))
		}
		return strings.Join(parts, separator)
	}
	return fmt.Sprint(v)
}
