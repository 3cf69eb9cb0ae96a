package script

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheChartLibraryIsWhole(t *testing.T) {
	source, err := UPlot()
	require.NoError(t, err)
	assert.Contains(t, source, "Copyright (c) 2022 Leon Sorokin")
	assert.Contains(t, source, "var uPlot=")
	assert.NotContains(t, strings.ToLower(source), "</script", "it can stand within a page")
	assert.Less(t, len(source), 60_000)
	style, err := UPlotStyle()
	require.NoError(t, err)
	assert.Contains(t, style, ".u-legend")
	assert.NotContains(t, style, "url(")
}

func TestAnAssetThatIsNotThereIsNamed(t *testing.T) {
	_, err := asset("none.js")
	assert.ErrorContains(t, err, "none.js")
}

func TestThePolicyAllowsTheTextsAndNothingElse(t *testing.T) {
	// The hash of "alert('Hello, world.');" is the example of Content Security Policy Level 3, section 8.3.
	assert.Equal(t, "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; script-src "+
		"'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='", Policy([]string{"alert('Hello, world.');"}, nil))
	assert.Equal(t, "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src "+
		"'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; connect-src 'self'",
		Policy(nil, []string{""}, "'self'"))
}
