package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// secure gives the request the credentials that its operation asks for, from the
// environment. Where it can be asked without, they are a hint.
func (r *reader) secure(q *draft.Request, op *openapi3.Operation) {
	requirements := r.doc.Security
	if op.Security != nil {
		requirements = *op.Security
	}
	if len(requirements) == 0 {
		return
	}
	optional := slices.ContainsFunc(requirements, func(r openapi3.SecurityRequirement) bool { return len(r) == 0 })
	i := slices.IndexFunc(requirements, func(r openapi3.SecurityRequirement) bool { return len(r) > 0 })
	if i < 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(requirements[i])) {
		r.credential(q, name, optional)
	}
}

// credential adds what one security scheme asks for.
func (r *reader) credential(q *draft.Request, name string, optional bool) {
	var scheme *openapi3.SecurityScheme
	if r.doc.Components != nil {
		if ref := r.doc.Components.SecuritySchemes[name]; ref != nil {
			scheme = ref.Value
		}
	}
	variable := draft.Variable(name)
	field := "${env." + variable + "}"
	header, value, note := "", "", ""
	switch {
	case scheme == nil:
		q.Notes = append(q.Notes,
			"TODO: the credentials of "+draft.Line(name)+", which the document does not describe.")
		return
	case scheme.Type == "http" && strings.EqualFold(scheme.Scheme, "basic"):
		header, value, note = "Authorization", "Basic "+field,
			variable+" in the environment holds user:password in base64."
	case scheme.Type == "http" && strings.EqualFold(scheme.Scheme, "bearer"), scheme.Type == "oauth2",
		scheme.Type == "openIdConnect":
		header, value, note = "Authorization", "Bearer "+field, variable+" in the environment holds the token."
	case scheme.Type == "apiKey" && scheme.In == "header":
		header, value, note = scheme.Name, field, variable+" in the environment holds the key."
	case scheme.Type == "apiKey" && scheme.In == "cookie":
		header, value, note = "Cookie", draft.Escape(scheme.Name)+"="+field,
			variable+" in the environment holds the cookie's value."
	case scheme.Type == "apiKey" && scheme.In == "query":
		part := draft.Escape(scheme.Name) + "=" + field
		if optional {
			q.Hints = append(q.Hints, "with a key: add "+part+" to the path")
			return
		}
		q.Path += mark(q.Path, 0) + part
		q.Notes = append(q.Notes, variable+" in the environment holds the key.")
		return
	default:
		q.Notes = append(q.Notes,
			"TODO: credentials of the kind "+draft.Line(scheme.Type+" "+scheme.Scheme)+" cannot be drafted.")
		return
	}
	if optional {
		q.Hints = append(q.Hints, fmt.Sprintf("with credentials: headers: {%s: %q}", header, value))
		return
	}
	setHeader(q, header, value)
	q.Notes = append(q.Notes, note)
}
