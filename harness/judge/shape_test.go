package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestAShapedLoadIsHeldToItsMean(t *testing.T) {
	in := input(repeat(6, good)...) // 500 requests in 5 s
	in.Phase.Rate, in.Phase.Shape = 180, suite.Shape{Kind: suite.Ramp, From: 20}
	results := Phase(in)
	assert.Equal(t, "verified verified verified verified", verdicts(results), "a mean of 100 req/s was offered")
	for _, r := range results {
		assert.Contains(t, r.Reasons[len(r.Reasons)-1], "the offered rate changed on purpose (ramp from 20 req/s)",
			"it is said that steadiness was not asked")
	}
	in.Phase.Shape.From = 120
	assert.Equal(t, "invalid invalid invalid invalid", verdicts(Phase(in)), "150 req/s were to be offered")
}
