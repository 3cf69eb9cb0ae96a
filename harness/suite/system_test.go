package suite

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func withSystem(t *testing.T, system string) string {
	return strings.Replace(testdata(t, "good.yaml"), "workloads:\n", "system: "+system+"\nworkloads:\n", 1)
}

func TestSystemsAreHeldAgainstTheirKind(t *testing.T) {
	schema := compiled(t)
	for _, good := range []string{
		`{kind: reference}`, `{kind: url, url: "http://example.test:80", i_own: [example.test]}`,
		`{kind: url, url: "https://127.0.0.1", tls: {ca: ca.pem, certificate: c.pem, ` +
			`key: c.key, server_name: a.test, http2: true}}`,
		`{kind: command, command: [serve, "${port}"], url: "http://127.0.0.1:${port}", ` +
			`env: {A: 1, B: true, C: "${workers}"}}`,
	} {
		text := withSystem(t, good)
		_, err := Parse("s.yaml", []byte(text))
		require.NoError(t, err, good)
		err, ok := validate(schema, text)
		assert.True(t, ok)
		assert.NoError(t, err, good)
	}
	for system, want := range map[string]string{
		`{kind: url}`: "a url system lacks url",
		`{kind: command, url: "http://127.0.0.1:1"}`:                             "a command system lacks command",
		`{kind: reference, url: "http://127.0.0.1:1"}`:                           "a reference system has no url",
		`{kind: url, url: "ftp://127.0.0.1:1"}`:                                  "http://HOST:PORT or https://",
		`{kind: url, url: "http://127.0.0.1:1", tls: {http2: true}}`:             "tls: the URL is not https",
		`{kind: url, url: "https://127.0.0.1:1", tls: {key: k.pem}}`:             "one was given without the other",
		`{kind: url, url: "https://127.0.0.1:1", tls: {insecure: true}}`:         "unknown key",
		`{kind: command, command: [a], url: "http://example.test:1"}`:            "a command is not reached",
		`{kind: command, command: ["${prt}"], url: "http://localhost:1"}`:        "did you mean",
		`{kind: command, command: [a], url: "http://localhost:1", env: {A: []}}`: "must be a text",
	} {
		_, err := Parse("s.yaml", []byte(withSystem(t, system)))
		assert.ErrorContains(t, err, want, system)
	}
}
