package exitcode

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryStatusStandsOnce(t *testing.T) {
	assert.True(t, slices.IsSortedFunc(All, func(a, b Status) int { return a.Code - b.Code }))
	assert.Len(t, slices.CompactFunc(slices.Clone(All), func(a, b Status) bool { return a.Code == b.Code }), len(All))
	for _, s := range All {
		assert.Equal(t, s.Meaning, Meaning(s.Code))
		assert.Contains(t, Help(), s.Meaning)
	}
	assert.Equal(t, "not a status of a judged run", Meaning(77))
	assert.Len(t, strings.Split(Help(), "\n"), len(All))
}
