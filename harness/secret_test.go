package harness_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness"
)

// token is a secret of letters, which nothing else in an archive holds.
const token = `correct "horse" battery/staple`

// TestNoSecretIsArchived lets a system print, and answer with, the secrets that it is sent.
func TestNoSecretIsArchived(t *testing.T) {
	t.Setenv("SHOP_TOKEN", token)
	dir, out := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.txt"), []byte("another secret\n"), 0o600))
	tell := func(w http.ResponseWriter, r *http.Request) {
		body := new(bytes.Buffer)
		_, _ = body.ReadFrom(r.Body)
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "I was sent %s, which is %s, and %s", r.Header.Get("Authorization"), url.QueryEscape(token),
			body)
		fmt.Fprint(w, strings.Repeat(" "+base64.StdEncoding.EncodeToString([]byte(token)), 20))
	}
	request := `{name: get, method: POST, path: "/", headers: {Authorization: "Bearer ${env.SHOP_TOKEN}"}, ` +
		`body: "${file.key.txt}"}`
	read := func(system string) *harness.Suite {
		file := filepath.Join(dir, "s.yaml")
		require.NoError(t, os.WriteFile(file, []byte(withSystem(system, request)), 0o600))
		s, err := harness.ReadSuite(file)
		require.NoError(t, err)
		return s
	}
	r, err := harness.Options{Out: out}.Run(t.Context(), read("{kind: url, url: "+serving(t, tell)+", ready: /ready}"),
		nil)
	require.NoError(t, err)
	example := r.Phases[0].Trials[0].Window.Errors[0].Example
	assert.Contains(t, example,
		"I was sent Bearer [secret SHOP_TOKEN], which is [secret SHOP_TOKEN], and [secret key.txt]")

	// A system that prints it, and does not become ready.
	prints := read(`{kind: command, url: "http://127.0.0.1:${port}", ` +
		`command: [/bin/sh, -c, 'echo "my token is $SHOP_TOKEN"; exit 3']}`)
	_, err = harness.Options{Out: out}.Run(t.Context(), prints, nil)
	require.ErrorContains(t, err, "my token is [secret SHOP_TOKEN]")

	archived := 0
	require.NoError(t, filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		archived++
		for _, part := range []string{
			"horse", "battery", "another secret", base64.StdEncoding.EncodeToString([]byte(token))[:12],
		} {
			assert.NotContains(t, string(text), part, path)
		}
		return err
	}))
	assert.Greater(t, archived, 5)
}

func TestSecretsThatAreNotThereAreRefused(t *testing.T) {
	base := serving(t, func(http.ResponseWriter, *http.Request) {})
	for request, want := range map[string]string{
		`{name: get, path: "/", headers: {A: "${env.NOT_SET_HERE}"}}`: "the environment has no variable NOT_SET_HERE",
		`{name: get, path: "/", headers: {A: "${file.missing}"}}`:     "missing",
		`{name: get, path: "/", headers: {A: "${env.SHORT_SECRET}"}}`: "SHORT_SECRET has 3 bytes; allowed: 4 or more",
	} {
		t.Setenv("SHORT_SECRET", "abc")
		_, err := harness.Options{Out: t.TempDir()}.Run(t.Context(), badSuite(t, base, request), nil)
		assert.ErrorContains(t, err, want)
	}
}
