package draft

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	// secretName is a name whose value is taken for a credential.
	secretName = regexp.MustCompile(
		`(?i)(^|[^a-z])(pass|passwd|password|passphrase|pwd|secret|token|auth|authorization|credential|credentials|` +
			`session|sessionid|sid|jwt|sig|signature|otp|pin|csrf|xsrf|bearer|nonce|` +
			`(api|access|private|secret|client)[^a-z]?key|` +
			`apikey|accesskey|assertion|ticket|cvv|cvc)s?([^a-z]|$)|^(code|key)$`,
	)
	// secretValue is a text that is one itself, wherever it stands: a JSON web token, or a key with a known head.
	secretValue = regexp.MustCompile(
		`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*)?|` +
			`(?i:bearer|basic) [A-Za-z0-9+/=._~-]{16,}|` +
			`\b(gh[pousr]_|github_pat_|sk[-_]|pk_|xox[abprs]-|AKIA|AIza)[A-Za-z0-9_-]{12,}`,
	)
	// inCamelCase is where a word starts within a name.
	inCamelCase = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// SecretName reports whether the value of a name, e.g. of a query or of a JSON object, is taken for a credential.
func SecretName(name string) bool {
	return secretName.MatchString(inCamelCase.ReplaceAllString(name, "${1}_${2}"))
}

// SecretHeader reports whether the value of a header field is taken for a credential.
func SecretHeader(name string) bool {
	lower := strings.ToLower(name)
	return lower == "cookie" || SecretName(name) || strings.HasPrefix(lower, "x-amz-")
}

// ReplaceTokens replaces what in a text is a credential by itself.
func ReplaceTokens(text string, by func(token string) string) string {
	return secretValue.ReplaceAllStringFunc(text, by)
}

// SecretBody reports whether a body has a credential in it: by name in a JSON document or a form, or by itself in any
// text.
func SecretBody(text string) bool {
	if secretValue.MatchString(text) {
		return true
	}
	var document any
	if json.Unmarshal([]byte(text), &document) == nil {
		return secretWithin(document)
	}
	for part := range strings.SplitSeq(text, "&") {
		rawName, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(strings.TrimSpace(rawName))
		if err == nil && value != "" && SecretName(name) {
			return true
		}
	}
	return false
}

// secretWithin reports whether a JSON value has a credential in it, by a name.
func secretWithin(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			switch item.(type) {
			case string, float64:
				if SecretName(name) {
					return true
				}
			}
			if secretWithin(item) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, secretWithin)
	}
	return false
}
