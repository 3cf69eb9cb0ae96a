package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// body gives the request the body that its operation wants; problem says why it cannot.
func (f *filler) body(op *openapi3.Operation) (problem string) {
	if op.RequestBody == nil || op.RequestBody.Value == nil || len(op.RequestBody.Value.Content) == 0 {
		return ""
	}
	content := op.RequestBody.Value.Content
	types := mediaTypes(content)
	i := slices.IndexFunc(types, isJSON)
	if i < 0 {
		i = slices.IndexFunc(types, isForm)
	}
	if i < 0 {
		i = slices.IndexFunc(types, func(t string) bool { return strings.HasPrefix(t, "text/") || t == "*/*" })
	}
	if i < 0 {
		return f.without(op.RequestBody.Value.Required, types)
	}
	mediaType := types[i]
	v := f.content(content[mediaType])
	text, err := encoded(mediaType, v)
	switch {
	case err != nil || draft.HasField(text):
		return f.without(op.RequestBody.Value.Required, types)
	case len(text) > draft.MaxBody:
		return fmt.Sprintf("its body has more than %d KiB: it would need body_file", draft.MaxBody>>10)
	}
	if mediaType == "*/*" {
		mediaType = "text/plain"
	}
	f.request.Body = text
	setHeader(f.request, "Content-Type", mediaType)
	return ""
}

// without leaves the body out where it may be.
func (f *filler) without(required bool, types []string) string {
	if required {
		return "a body of " + strings.Join(types, " or ") + " is not drafted: it would need body_file"
	}
	f.request.Notes = append(f.request.Notes, "The optional body, of "+strings.Join(types, " or ")+", is left out.")
	return ""
}

// content is an example of a content, or a value of its schema.
func (f *filler) content(m *openapi3.MediaType) any {
	if m == nil {
		return map[string]any{}
	}
	if m.Example != nil {
		return m.Example
	}
	if v, ok := example(m.Examples); ok {
		return v
	}
	f.madeUp = append(f.madeUp, "parts of the body")
	values := maker{left: mostValues}
	return values.make(m.Schema, 0)
}

func isForm(mediaType string) bool {
	return strings.HasPrefix(strings.ToLower(mediaType), "application/x-www-form-urlencoded")
}

// encoded is a value as the text of a body, without fields.
func encoded(mediaType string, v any) (string, error) {
	switch {
	case isJSON(mediaType):
		if text, ok := v.(string); ok && json.Valid([]byte(text)) {
			return draft.JSONText(text), nil // an example that was written as a text
		}
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		err := e.Encode(v)
		return draft.JSONText(strings.TrimSuffix(b.String(), "\n")), err
	case isForm(mediaType):
		object, ok := v.(map[string]any)
		if !ok {
			return draft.FormText(flat(v, "&")), nil
		}
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(object)) {
			parts = append(parts, draft.Escape(name)+"="+draft.Escape(flat(object[name], ",")))
		}
		return strings.Join(parts, "&"), nil
	}
	return flat(v, ","), nil
}
