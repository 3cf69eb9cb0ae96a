package archive

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
)

// The archives were measured by three versions of this program, the first of which knew no disturbances, no search and
// no cores. What they are judged to changes with the rules of the judge, and with nothing else.
func TestArchivesOfVersion1AreJudgedAsBefore(t *testing.T) {
	effort.NoGoroutines(t)
	for _, name := range []string{"documented", "disturbed", "small-host"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", "v1", name)
			r, err := Load(dir)
			require.NoError(t, err)
			require.NoError(t, r.Judge())
			got, err := json.MarshalIndent(struct {
				Verdict string `json:"verdict"`
				Exit    int    `json:"exit"`
				Results any    `json:"results"`
			}{r.Verdict.String(), r.ExitStatus, r.Results}, "", "  ")
			require.NoError(t, err)
			golden.Equal(t, filepath.Join(dir, "judged.json"), append(got, '\n'))
		})
	}
}
