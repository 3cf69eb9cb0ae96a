package har

import (
	"encoding/json"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// credentials are the names of header fields that carry one.
func credentials(headers []named) []string {
	var all []string
	for _, h := range headers {
		if draft.SecretHeader(h.Name) {
			all = append(all, draft.Line(canonical(h.Name)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func canonical(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }

// environment is the field that stands for what was not copied.
func environment(name string, secrets *[]string) string {
	variable := draft.Variable(name)
	*secrets = append(*secrets, variable)
	return field(variable)
}

func field(variable string) string { return "${env." + variable + "}" }

// cleanTarget is the path with its query, fields in place of credentials.
func cleanTarget(u *url.URL) (target string, secrets []string) {
	target = withoutTokens(draft.Path(u.EscapedPath()), &secrets)
	if target == "" {
		target = "/"
	}
	if u.RawQuery == "" {
		return target, secrets
	}
	var parts []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		parts = append(parts, cleanPart(part, &secrets))
	}
	return target + "?" + strings.Join(parts, "&"), secrets
}

// cleanPart is a NAME=VALUE of a query or a form.
func cleanPart(part string, secrets *[]string) string {
	rawName, value, hasValue := strings.Cut(part, "=")
	name, err := url.QueryUnescape(rawName)
	if err != nil {
		name = rawName
	}
	if hasValue && value != "" && draft.SecretName(name) {
		return draft.Path(rawName) + "=" + environment(name, secrets)
	}
	return withoutTokens(draft.Path(part), secrets)
}

func withoutTokens(text string, secrets *[]string) string {
	return draft.ReplaceTokens(text, func(string) string { return environment("token", secrets) })
}

// cleanBody is a body with fields in place of credentials; problem says why it is left out.
func cleanBody(mime, text string, params []named, encoded bool) (clean string, secrets []string, problem string) {
	kind := strings.ToLower(mime)
	switch {
	case encoded:
		return "", nil, "it is no text"
	case len(text) > draft.MaxBody:
		return "", nil, "it has more than 16 KiB"
	case strings.Contains(kind, "json"):
		return cleanJSON(text)
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		return cleanForm(text, params)
	case strings.HasPrefix(kind, "text/") && !draft.HasField(text):
		return withoutTokens(text, &secrets), secrets, ""
	}
	return "", nil, "what in it is a credential cannot be told"
}

func cleanForm(text string, params []named) (clean string, secrets []string, problem string) {
	parts := strings.Split(text, "&")
	if text == "" {
		parts = nil
		for _, p := range params {
			parts = append(parts, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
		}
	}
	for i, part := range parts {
		parts[i] = cleanPart(part, &secrets)
	}
	return strings.Join(parts, "&"), secrets, ""
}

func cleanJSON(text string) (clean string, secrets []string, problem string) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var document any
	if d.Decode(&document) != nil || d.More() {
		return "", nil, "it is not the JSON that it says it is"
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(cleanValue(document, &secrets)); err != nil {
		return "", nil, "it has no JSON form"
	}
	clean = draft.JSONText(strings.TrimSuffix(b.String(), "\n"))
	for _, variable := range secrets {
		clean = strings.ReplaceAll(clean, draft.JSONText(field(variable)), field(variable))
	}
	return clean, secrets, ""
}

// cleanValue is a JSON value with fields in place of credentials.
func cleanValue(v any, secrets *[]string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			switch item.(type) {
			case string, json.Number:
				if draft.SecretName(name) {
					v[name] = environment(name, secrets)
					continue
				}
			}
			v[name] = cleanValue(item, secrets)
		}
	case []any:
		for i := range v {
			v[i] = cleanValue(v[i], secrets)
		}
	case string:
		return draft.ReplaceTokens(v, func(string) string { return environment("token", secrets) })
	}
	return v
}

// plainName is a path without its fields, for a name.
func plainName(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return strings.NewReplacer("${env.", "", "}", "").Replace(path)
}
