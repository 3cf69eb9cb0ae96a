package form

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// startsWhereItSays checks that each text of a document stands at its place.
type startsWhereItSays struct {
	t     *testing.T
	lines []string
}

func (v startsWhereItSays) Visit(n ast.Node) ast.Visitor {
	s, ok := n.(*ast.StringNode)
	if _, folded := n.(*ast.LiteralNode); folded {
		return nil // its text has no place of its own
	}
	if !ok {
		return v
	}
	at := PlaceOf(n)
	require.LessOrEqual(v.t, at.Line, len(v.lines))
	rest := string([]rune(v.lines[at.Line-1])[at.Column-1:])
	assert.True(v.t, strings.HasPrefix(strings.TrimLeft(rest, `"'`), s.Value), "%d:%d holds %q, not %q", at.Line,
		at.Column, rest, s.Value)
	return v
}

func TestPlacesAreThoseOfTheFile(t *testing.T) {
	builtin := file(t, "../../builtin.yaml")
	for name, text := range map[string]string{
		"good.yaml":                   file(t, "../../testdata/good.yaml"),
		"builtin.yaml":                builtin,
		"builtin.yaml, Windows":       strings.ReplaceAll(builtin, "\n", "\r\n"),
		"letters beyond ASCII":        "a: äöü\nö: {ü: 日本, b: \"c d\"} # é\nc: 'x'\n",
		"builtin.yaml beyond comment": strings.ReplaceAll(builtin, "# ", "# 日本 "),
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := parseYAML(unixLines(text))
			require.NoError(t, err)
			ast.Walk(startsWhereItSays{t, NewReader(Form{}, name, text).lines}, parsed.Docs[0].Body)
		})
	}
}

func TestAMisspeltWordIsOfferedTheNearestOne(t *testing.T) {
	words := []string{"rate", "p50", "p99", "errors", "memory", "MiB"}
	for _, row := range []struct{ word, want string }{
		{"rat", "rate"}, {"raet", "rate"}, {"Rate", "rate"}, {"error", "errors"}, {"memroy", "memory"}, {"mib", "MiB"},
		{"p95", "p99"}, {"x", ""}, {"", ""}, {"latency", ""}, {strings.Repeat("rate", 30), ""},
	} {
		got, _ := Nearest(row.word, words)
		assert.Equal(t, row.want, got, row.word)
	}
}
