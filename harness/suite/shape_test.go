package suite_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// shaped is the built-in suite with a shape in its first phase.
func shaped(shape string) (*suite.Suite, error) {
	text := strings.Replace(string(suite.BuiltinYAML()), "    rate: 100 req/s\n",
		"    rate: 100 req/s\n    shape: "+shape+"\n", 1)
	return suite.Parse("shaped.yaml", []byte(text))
}

func TestShapesSayWhatIsOffered(t *testing.T) {
	s := time.Second
	for _, row := range []struct {
		shape string
		want  []suite.Piece
		mean  suite.Rate
		text  string
	}{
		{"{kind: ramp, from: 20 req/s}", []suite.Piece{{10 * s, 20, 100}}, 60, "ramp from 20 req/s"},
		{
			"{kind: steps, rates: [10 req/s, 40 req/s, 50 req/s]}",
			[]suite.Piece{{5 * s / 2, 10, 10}, {5 * s / 2, 40, 40}, {5 * s / 2, 50, 50}, {5 * s / 2, 100, 100}}, 50,
			"the last of 4 steps from 10 req/s",
		},
		{"{kind: spike, to: 900 req/s, at: 20 %, length: 10 %}",
			[]suite.Piece{{2 * s, 100, 100}, {s, 900, 900}, {7 * s, 100, 100}}, 180, "spike of 900 req/s"},
		{"{kind: spike, to: 900 req/s, at: 90 %, length: 10 %}",
			[]suite.Piece{{9 * s, 100, 100}, {s, 900, 900}, {0, 100, 100}}, 180, "spike of 900 req/s"},
	} {
		parsed, err := shaped(row.shape)
		require.NoError(t, err, row.shape)
		p := parsed.Phases[0]
		assert.Equal(t, row.want, p.Shape.Pieces(p.Rate, 10*s), row.shape)
		assert.InDelta(t, float64(row.mean), float64(p.Shape.Mean(p.Rate)), 1e-6, row.shape)
		assert.Equal(t, row.text, p.Shape.String())

		half := 0.5
		scaled, err := parsed.With(suite.Override{RateScale: &half, Phases: []int{1}})
		require.NoError(t, err)
		q := scaled.Phases[0]
		assert.InDelta(t, float64(row.mean)/2, float64(q.Shape.Mean(q.Rate)), 1e-6, row.shape)
		assert.Equal(t, row.want, p.Shape.Pieces(p.Rate, 10*s), "the suite itself stays as it was")
	}
	var none suite.Shape
	assert.Equal(t, []suite.Piece{{s, 7, 7}}, none.Pieces(7, s))
	assert.Equal(t, suite.Rate(7), none.Mean(7))
	assert.Empty(t, none.String())
}

func TestShapesThatAreNoneAreRefused(t *testing.T) {
	for shape, want := range map[string]string{
		"{kind: wave}":     "kind",
		"{from: 20 req/s}": "lacks kind",
		"{kind: ramp}":     "a ramp lacks from",
		"{kind: ramp, from: 20 req/s, to: 30 req/s}":         "a ramp has no to",
		"{kind: ramp, from: 0 req/s}":                        "from",
		"{kind: steps, rates: []}":                           "rates",
		"{kind: spike, to: 900 req/s, at: 20 %}":             "a spike lacks length",
		"{kind: spike, to: 9 req/s, at: 95 %, length: 10 %}": "beyond the window",
		"{kind: spike, to: 9 req/s, at: 5 %, length: 0 %}":   "length",
	} {
		_, err := shaped(shape)
		require.Error(t, err, shape)
		assert.ErrorContains(t, err, want, shape)
		assert.ErrorContains(t, err, "allowed", shape)
	}
}
