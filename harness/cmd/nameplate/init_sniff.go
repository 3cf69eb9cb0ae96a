package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
)

var (
	errNeither = errors.New("is neither an OpenAPI 3 document nor a HAR file; allowed: JSON or YAML with openapi: 3.x, or JSON with log.entries")
	errSwagger = errors.New("is Swagger 2.0; allowed: OpenAPI 3.0 or later, to which a converter brings it")
	errEmpty   = errors.New("is empty; allowed: an OpenAPI 3 document or a HAR file")
)

// yamlHead is the key at the margin that says what a YAML document is.
var yamlHead = regexp.MustCompile(`(?m)^["']?(openapi|swagger)["']?[ \t]*:`)

// sniff says what kind of description a text is.
func sniff(data []byte) (kind string, err error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if len(data) == 0 {
		return "", errEmpty
	}
	var keys map[string]json.RawMessage
	if data[0] == '{' && json.Unmarshal(data, &keys) == nil {
		switch {
		case keys["openapi"] != nil:
			return fromOpenAPI, nil
		case keys["swagger"] != nil:
			return "", errSwagger
		case keys["log"] != nil:
			return fromHAR, nil
		}
		return "", errNeither
	}
	switch m := yamlHead.FindSubmatch(data); {
	case m == nil:
		return "", errNeither
	case string(m[1]) == "swagger":
		return "", errSwagger
	}
	return fromOpenAPI, nil
}
