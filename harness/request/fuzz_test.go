package request

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/secret"
)

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"/items/${random:1-1000}", "${seq} ${salt}", "${row.id}${capture.t}", "$ {} ${", "${env.KEY}", "/${random:9-1}",
		"${random:0-4611686018427387903}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := &Program{
			columns: []string{"id"}, captures: map[string]bool{"t": true}, dir: t.TempDir(),
			getenv: func(string) string { return "a secret" }, secrets: &secret.Set{},
		}
		made, err := p.parse("path", text, inPath)
		if err != nil {
			assert.Contains(t, err.Error(), "path: ", "it says where")
			return
		}
		v := &values{
			random: rand.New(rand.NewPCG(1, 1)), salt: "s", row: []string{"a b"},
			state: &state{captured: map[string]string{"t": "c/d"}},
		}
		got, err := made.make(v)
		require.NoError(t, err)
		if plain(text) {
			assert.Equal(t, text, got)
		}
		assert.False(t, strings.Contains(got, "a b") && !strings.Contains(text, "a b"),
			"what a field stands for is escaped: %q", got)
	})
}

func FuzzLookup(f *testing.F) {
	for _, row := range [][2]string{
		{`{"a": [{"b": 1e3}]}`, "a.0.b"}, {`"x"`, ""}, {`[true]`, "0"}, {`{"": null}`, "."}, {`{"a": 1} {`, "a"},
	} {
		f.Add(row[0], row[1])
	}
	f.Fuzz(func(t *testing.T, body, path string) {
		document, err := decode([]byte(body))
		if err != nil {
			assert.EqualError(t, err, "the answer is not JSON", "an answer may be secret")
			return
		}
		value, ok := lookup(document, path)
		if !ok {
			assert.Empty(t, value)
			return
		}
		// What was found stands under the same path in a document that is written anew.
		again, err := json.Marshal(document)
		require.NoError(t, err)
		document, err = decode(again)
		require.NoError(t, err)
		same, ok := lookup(document, path)
		assert.True(t, ok)
		assert.Equal(t, value, same)
	})
}

func TestRowsAreATableWithAHeaderLine(t *testing.T) {
	columns, rows, err := table([]byte("\ufeffid,name\n1,\"b, c\"\n2,d\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"id", "name"}, columns, "spreadsheets begin a file with a mark")
	assert.Equal(t, [][]string{{"1", "b, c"}, {"2", "d"}}, rows)
	for text, want := range map[string]string{
		"":              "it has 0 lines; allowed: a header line and at least one row",
		"id\n":          "it has 1 lines; allowed: a header line and at least one row",
		"id,id\n1,2\n":  `it has the column "id" twice; allowed: each name once`,
		"id,name\n1\n":  "record on line 2: wrong number of fields",
		"id\n\"open\n1": `extraneous or missing " in quoted-field`,
	} {
		_, _, err := table([]byte(text))
		assert.ErrorContains(t, err, want)
	}
}

func FuzzTable(f *testing.F) {
	for _, text := range []string{
		"id,name\n1,a\n2,\"b, c\"\n", "\ufeffid\n1\n", "id\n", "", "id,id\n1,2\n", "id,name\n1\n", "id\n\"1\n",
		"\"a\"b\n1\n", "id\r\n1\r\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		columns, rows, err := table(data)
		if err != nil {
			assert.Empty(t, rows)
			return
		}
		require.NotEmpty(t, rows)
		for _, row := range rows {
			require.Len(t, row, len(columns), "each field has a value")
		}
		p := &Program{columns: columns}
		for i, name := range columns {
			part, err := p.part("row." + name)
			require.NoError(t, err)
			got, err := part(&values{row: rows[0]})
			require.NoError(t, err)
			assert.Equal(t, rows[0][i], got)
		}
	})
}
