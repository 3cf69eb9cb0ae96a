package targets

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Limits of a request in a suite.
const (
	maxPath   = 900 // characters, with the query
	maxHeader = 900 // bytes of a header field's value
)

// place reads a target's URL and refuses one of another host than those before.
func (c *collection) place(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Opaque != "" {
		return nil, fmt.Errorf("%q is no address of a target; allowed: http://HOST:PORT/PATH or https://HOST:PORT/PATH",
			draft.Line(text))
	}
	if strings.ContainsAny(u.Host, "$ \t\"'\\<>") {
		return nil, fmt.Errorf("%q is no host of a target; allowed: a name or an address, with or without a port",
			draft.Line(u.Host))
	}
	if u.Hostname() == "" {
		u.Host = "localhost:" + u.Port() // as a dialler takes it
	}
	at := origin(u)
	switch {
	case c.origin == "":
		c.origin, c.Base = at, u.Scheme+"://"+u.Host
	case c.origin != at:
		return nil, fmt.Errorf("the target is of %s, the first one of %s; allowed: one scheme and host, since a "+
			"verdict is about one system", draft.Line(at), draft.Line(c.origin))
	}
	return u, nil
}

// origin is a scheme and a host with its port, the same for all ways to write it.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// path is the path with its query, fields in place of credentials.
func (c *collection) path(u *url.URL) (string, error) {
	whole, err := c.withoutTokens("path", draft.Path(u.EscapedPath()))
	if err != nil {
		return "", err
	}
	if whole == "" {
		whole = "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		parts := strings.Split(u.RawQuery, "&")
		for i := range parts {
			if parts[i], err = c.part(parts[i]); err != nil {
				return "", err
			}
		}
		whole += "?" + strings.Join(parts, "&")
	}
	switch {
	case len(whole) > maxPath:
		return "", fmt.Errorf("the path with its query has %d characters; allowed: at most %d", len(whole), maxPath)
	case strings.HasPrefix(whole, "//"):
		return "", fmt.Errorf("the path %q starts with two slashes; allowed: one", draft.Line(whole))
	}
	return whole, nil
}

// part is a NAME=VALUE of a query.
func (c *collection) part(part string) (string, error) {
	rawName, rawValue, _ := strings.Cut(part, "=")
	name, err := url.QueryUnescape(rawName)
	if err != nil {
		name = rawName
	}
	value, err := url.QueryUnescape(rawValue)
	if err == nil && value != "" && draft.SecretName(name) {
		hidden, err := c.hide("parameter "+name, name, value)
		return draft.Path(rawName) + "=" + hidden, err
	}
	return c.withoutTokens("query", draft.Path(part))
}

// withoutTokens is a text with fields in place of what is a credential by itself.
func (c *collection) withoutTokens(where, text string) (clean string, err error) {
	clean = draft.ReplaceTokens(text, func(token string) string {
		hidden, bad := c.hide(where, "token", token)
		if bad != nil {
			err = bad
		}
		return hidden
	})
	return clean, err
}

// headers are the header fields by name, fields in place of credentials.
func (c *collection) headers(given map[string][]string, u *url.URL) ([]suite.Pair, error) {
	values := map[string]string{}
	if u.User != nil {
		password, _ := u.User.Password()
		values["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
	}
	for name, all := range given {
		between := ", "
		if canonical(name) == "Cookie" {
			between = "; "
		}
		values[canonical(name)] = strings.Join(all, between)
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var headers []suite.Pair
	for _, name := range names {
		value, err := c.header(name, values[name], u)
		if err != nil {
			return nil, err
		}
		if name != "Host" && !slices.Contains(unsent, name) {
			headers = append(headers, suite.Pair{Name: name, Value: value})
		}
	}
	return headers, nil
}

// header is the value of a header field as a suite has it.
func (c *collection) header(name, value string, u *url.URL) (string, error) {
	shown := draft.Line(name)
	switch {
	case !draft.GoodHeader(name, value):
		return "", fmt.Errorf("header %q cannot be sent; allowed: a name of letters, digits and -, and a value that "+
			"can be printed; an empty line ends a target", shown)
	case name == "Host" && !strings.EqualFold(value, u.Host):
		return "", fmt.Errorf("header Host names %s beside the URL's %s; allowed: the host of the URL",
			draft.Line(value), u.Host)
	case name == "Host" || slices.Contains(unsent, name):
		return "", nil
	case name == "Cookie":
		return c.cookies(value)
	case draft.SecretHeader(name):
		scheme, rest := draft.Credential(name, value)
		hidden, err := c.hide("header "+shown, name, rest)
		return scheme + hidden, err
	case draft.HasField(value):
		return "", fmt.Errorf("header %s has a ${…}, which a suite takes for a field; allowed: a text without it",
			shown)
	case len(value) > maxHeader:
		return "", fmt.Errorf("header %s has %d bytes; allowed: at most %d", shown, len(value), maxHeader)
	}
	return c.withoutTokens("header "+shown, value)
}

// cookies hides the value of each cookie that is no short word, e.g. a language.
func (c *collection) cookies(value string) (string, error) {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		name, text, _ := strings.Cut(part, "=")
		bare := strings.TrimSpace(name)
		switch {
		case draft.HasField(name):
			return "", fmt.Errorf("cookie %q has a ${…}, which a suite takes for a field; allowed: a name without it",
				draft.Line(bare))
		case text == "" || len(text) < secret.Least && !draft.SecretName(bare):
			continue
		}
		hidden, err := c.hide("cookie "+draft.Line(bare), "cookie "+bare, text)
		if err != nil {
			return "", err
		}
		parts[i] = name + "=" + hidden
	}
	return strings.Join(parts, ";"), nil
}

// hide is the field that stands for a credential.
func (c *collection) hide(where, name, value string) (string, error) {
	field, ok := c.fields[value]
	if !ok {
		variable := strings.ToUpper(strings.ReplaceAll(c.taken.Unique(draft.Name("target "+name, "target")), "-", "_"))
		var err error
		field, err = c.Secrets.Hide(draft.Secret{Name: variable, Value: value, Where: draft.Line(where)})
		if err != nil {
			return "", err
		}
		c.fields[value] = field
	}
	return field, nil
}
