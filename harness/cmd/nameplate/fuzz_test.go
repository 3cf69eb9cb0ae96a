package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
)

func FuzzSniff(f *testing.F) {
	for _, text := range []string{
		"", "\ufeff ", `{"openapi": "3.1.0"}`, `{"swagger": "2.0"}`, `{"log": {"entries": []}}`, `{"a": 1}`, "{", "openapi: 3.0.0\n", "# c\n'swagger' : \"2.0\"\n", "a:\n  openapi: 3\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		switch kind, err := sniff(data); {
		case err == nil:
			assert.Contains(t, []string{fromOpenAPI, fromHAR}, kind)
		default:
			assert.Empty(t, kind)
			assert.True(t, errors.Is(err, errNeither) || errors.Is(err, errSwagger) || errors.Is(err, errEmpty), "%v", err)
		}
	})
}

// FuzzBisectRecord reads the record of an earlier search, which anybody may have changed.
func FuzzBisectRecord(f *testing.F) {
	wanted := bisectSearch{Good: "a", Bad: "c", Claim: "P2.p99", Least: 0.05, Risk: 0.05, Most: 40}
	kept := bisectRecord{Version: 1, Search: wanted, Pairs: []bisectPair{{"c", 1, 2}, {"b", 1, 1}}, Broken: map[string]string{"b": "does not build"}}
	for _, change := range []func(*bisectRecord){
		func(*bisectRecord) {},
		func(r *bisectRecord) { r.Version = 2 },
		func(r *bisectRecord) { r.Search.Most = 7 },
		func(r *bisectRecord) { r.Pairs[0].Commit = "z" },
		func(r *bisectRecord) { r.Pairs[0].Good = -1 },
		func(r *bisectRecord) { r.Broken = nil },
	} {
		r := kept
		r.Pairs = append([]bisectPair(nil), kept.Pairs...)
		change(&r)
		text, err := json.Marshal(r)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k := bisectCommand{Out: t.TempDir()}
		require.NoError(t, os.WriteFile(filepath.Join(k.Out, bisectFile), text, 0o600))
		r, err := k.read(wanted)
		if err != nil {
			assert.ErrorContains(t, err, bisectFile, "it says where")
			return
		}
		assert.Equal(t, wanted, r.Search)
		state, err := bisect.New([]string{"b", "c"}, true, bisect.Options{Least: wanted.Least, Risk: wanted.Risk, Most: wanted.Most})
		require.NoError(t, err)
		for _, p := range r.Pairs {
			if state.Record(p.Commit, p.Good, p.Other) != nil {
				return
			}
		}
		for commit := range r.Broken {
			state.Break(commit)
		}
		if step := state.Next(); step.Measure != "" {
			assert.Contains(t, []string{"b", "c"}, step.Measure)
		}
	})
}
