package draft

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
)

// Kinds of source that a suite is drafted from.
const (
	KindURL     = "url"
	KindOpenAPI = "openapi"
	KindHAR     = "har"
)

// Errors of [Sniff].
var (
	ErrNeither = errors.New("is neither an OpenAPI 3 document nor a HAR file; " +
		"allowed: JSON or YAML with openapi: 3.x, or JSON with log.entries")
	ErrSwagger = errors.New("is Swagger 2.0; allowed: OpenAPI 3.0 or later, to which a converter brings it")
	ErrEmpty   = errors.New("is empty; allowed: an OpenAPI 3 document or a HAR file")
)

// yamlHead is the key at the margin that says what a YAML document is.
var yamlHead = regexp.MustCompile(`(?m)^["']?(openapi|swagger)["']?[ \t]*:`)

// Sniff says what kind of description a text is: [KindOpenAPI] or [KindHAR].
func Sniff(data []byte) (kind string, err error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(data) == 0 {
		return "", ErrEmpty
	}
	var keys map[string]json.RawMessage
	if data[0] == '{' && json.Unmarshal(data, &keys) == nil {
		switch {
		case keys["openapi"] != nil:
			return KindOpenAPI, nil
		case keys["swagger"] != nil:
			return "", ErrSwagger
		case keys["log"] != nil:
			return KindHAR, nil
		}
		return "", ErrNeither
	}
	switch m := yamlHead.FindSubmatch(data); {
	case m == nil:
		return "", ErrNeither
	case string(m[1]) == "swagger":
		return "", ErrSwagger
	}
	return KindOpenAPI, nil
}
