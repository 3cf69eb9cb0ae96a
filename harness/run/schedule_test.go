package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

func TestAWarmUpInTurnsRisesInTheFirstOfThem(t *testing.T) {
	const ms = time.Millisecond
	turns := suite.Turns{Length: 500 * ms}
	phase := suite.Phase{Rate: 100, Shape: suite.Shape{Kind: suite.Alternating, Turns: turns}}
	bounds := warmup.Bounds{Ramp: 200 * ms, Least: 2000 * ms, Most: 2000 * ms}
	assert.Equal(t, []load.Piece{
		{Length: 200 * ms, From: 10, To: 100}, {Length: 300 * ms, From: 100, To: 100},
		{Length: 500 * ms}, {Length: 500 * ms}, {Length: 500 * ms, From: 100, To: 100},
	}, rising(phase, bounds))
	phase.Shape.Turns.Second = true
	assert.Equal(t, []load.Piece{
		{Length: 500 * ms},
		{Length: 200 * ms, From: 10, To: 100}, {Length: 300 * ms, From: 100, To: 100},
		{Length: 500 * ms, From: 100, To: 100}, {Length: 500 * ms},
	}, rising(phase, bounds))
	bounds.Most = 400 * ms
	assert.Equal(t, []load.Piece{{Length: 400 * ms}}, rising(phase, bounds), "none of its turns comes in time")

	phase.Shape = suite.Shape{}
	assert.Equal(t, []load.Piece{{Length: 200 * ms, From: 10, To: 100}, {Length: 400 * ms, From: 100, To: 100}},
		rising(phase, bounds))
}
