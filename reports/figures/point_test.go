package figures_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

func TestADataPointNamesItsRevision(t *testing.T) {
	for point, want := range map[string]string{
		"2026-11-24 02:15 3335091bd2a1": "3335091bd2a1", "2026-11-24 02:15 unknown": "", "n13": "", "": "",
		"3335091 of the night": "", "2026-11-24 02:15 3335091\x1b": "3335091", "2026-11-24 02:15 abc": "",
	} {
		assert.Equal(t, want, figures.Revision(point), point)
	}
	assert.Equal(t, "3335091..1112223", figures.CommitRange("n1 3335091", "n2 1112223"))
	assert.Empty(t, figures.CommitRange("n1", "n2 1112223"))
}
