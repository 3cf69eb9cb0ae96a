package judge

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var all = []Verdict{Verified, Untestable, Inconclusive, Invalid, Refuted}

func TestVerdictsSurviveEncoding(t *testing.T) {
	for _, v := range all {
		data, err := json.Marshal(v)
		require.NoError(t, err)
		assert.Equal(t, `"`+v.String()+`"`, string(data))
		var back Verdict
		require.NoError(t, json.Unmarshal(data, &back))
		assert.Equal(t, v, back)
	}
}

func TestNoVerdictCannotBeEncoded(t *testing.T) {
	for _, v := range []Verdict{0, -1, Refuted + 1} {
		_, err := json.Marshal(v)
		require.ErrorIs(t, err, errNoVerdict)
		assert.Equal(t, "none", v.String())
	}
}

func TestUnknownVerdictsCannotBeDecoded(t *testing.T) {
	for _, text := range []string{"", "none", "Verified", "passed"} {
		var v Verdict
		assert.ErrorContains(t, v.UnmarshalText([]byte(text)),
			"allowed are verified, untestable, inconclusive, invalid, refuted")
		assert.Zero(t, v)
	}
}

func TestComposingTakesTheVerdictOfHighestPrecedence(t *testing.T) {
	for i, worse := range all {
		for _, better := range all[:i+1] {
			assert.Equal(t, worse, Compose(worse, better))
			assert.Equal(t, worse, Compose(better, worse))
		}
	}
	assert.Equal(t, Inconclusive, Compose(), "nothing is no pass")
	assert.Equal(t, Inconclusive, Compose(Verified, 0), "a missing verdict is no pass")
	assert.Equal(t, Refuted, Compose(all...))
}

func TestExitStatuses(t *testing.T) {
	for _, row := range []struct {
		name     string
		verdicts []Verdict
		want     int
	}{
		{"all verified", []Verdict{Verified, Verified}, 0},
		{"untestable ones among verified ones", []Verdict{Verified, Untestable}, 0},
		{"nothing but untestable ones", []Verdict{Untestable, Untestable}, 3},
		{"no claim at all", nil, 3},
		{"one is inconclusive", []Verdict{Verified, Inconclusive}, 3},
		{"one is invalid", []Verdict{Verified, Invalid, Untestable}, 3},
		{"one is refuted", []Verdict{Refuted, Invalid, Verified}, 1},
		{"one was never judged", []Verdict{Verified, 0}, 3},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, Exit(row.verdicts...)) })
	}
	assert.Equal(t, []int{0, 3, 3, 3, 1, 3}, []int{
		ExitCode(Verified), ExitCode(Untestable), ExitCode(Inconclusive), ExitCode(Invalid), ExitCode(Refuted),
		ExitCode(0),
	})
}
