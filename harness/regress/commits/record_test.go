package commits

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
)

// FuzzRecord reads the record of an earlier search, which anybody may have changed.
func FuzzRecord(f *testing.F) {
	wanted := search{Good: "a", Bad: "c", Claim: "P2.p99", Least: 0.05, Risk: 0.05, Most: 40}
	kept := record{
		Version: 1, Search: wanted, Pairs: []pair{{"c", 1, 2}, {"b", 1, 1}},
		Broken: map[string]string{"b": "does not build"},
	}
	for _, change := range []func(*record){
		func(*record) {},
		func(r *record) { r.Version = 2 },
		func(r *record) { r.Search.Most = 7 },
		func(r *record) { r.Pairs[0].Commit = "z" },
		func(r *record) { r.Pairs[0].Good = -1 },
		func(r *record) { r.Broken = nil },
	} {
		r := kept
		r.Pairs = append([]pair(nil), kept.Pairs...)
		change(&r)
		text, err := json.Marshal(r)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, recordFile), text, 0o600))
		r, err := readRecord(dir, wanted, false)
		if err != nil {
			assert.ErrorContains(t, err, recordFile, "it says where")
			return
		}
		assert.Equal(t, wanted, r.Search)
		o := bisect.Options{Least: wanted.Least, Risk: wanted.Risk, Most: wanted.Most}
		state, err := bisect.New([]string{"b", "c"}, true, o)
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
