package text

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
)

func TestTheWidthThatWasReachedIsShown(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Widths(&out, compare.Pairs{Within: 0.03, Spent: true, Widths: []compare.Width{
		{Phase: 1, Pairs: 14, Half: 0.051, More: 27}, {Phase: 4, Pairs: 6, Half: 0.0123, Turn: time.Second / 2},
		{Phase: 5},
	}}))
	assert.Equal(t, `
CPU PER REQUEST  PAIRS  TURNS  HALF-WIDTH  MORE PAIRS FOR ±3 %
phase 1          14     –      ±5.1 %      about 27
phase 4          6      500ms  ±1.2 %      –
phase 5          0      –      –           –
In turns base and head are loaded by half: req/s is half of the rate.
the budget of time ended before there were pairs enough
`, out.String())
	out.Reset()
	require.NoError(t, Widths(&out, compare.Pairs{}))
	assert.Empty(t, out.String(), "of files")
}
