package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestClockJumps(t *testing.T) {
	assert.Zero(t, ClockJumped(7*time.Second, 7*time.Second))
	assert.Zero(t, ClockJumped(7*time.Second+3*time.Millisecond, 7*time.Second), "slewed by a time service")
	assert.Contains(t, ClockJumped(67*time.Second, 7*time.Second).String(),
		"wall clock went on by 67 s and the monotonic clock by 7 s")
	assert.Contains(t, ClockJumped(-53*time.Second, 7*time.Second).String(), "the clock jumped")
	assert.Zero(t, ClockJumped(time.Hour+time.Second, time.Hour), "0.3 per mille")
}

func TestSpeedChanges(t *testing.T) {
	ms := func(values ...int) (all []time.Duration) {
		for _, v := range values {
			all = append(all, time.Duration(v)*time.Millisecond)
		}
		return all
	}
	assert.Zero(t, SpeedChanged(ms(30, 31, 30, 32), 0.25))
	assert.Zero(t, SpeedChanged(ms(30), 0.25))
	assert.Zero(t, SpeedChanged(ms(0, 0, 30), 0.25), "0 is not known")
	assert.Equal(
		t,
		"the host's speed changed: a fixed piece of work took from 30 ms to 45 ms (50 % apart, at most 25 % allowed)",
		SpeedChanged(ms(30, 45, 30), 0.25).String(),
	)
	assert.Contains(t, SpeedChanged(ms(30, 33, 36, 40, 45, 50), 0.25).String(), "ever slower")
}

func TestFrequencyChanges(t *testing.T) {
	assert.Zero(t, FrequencyChanged(3000, 2900, 0.25))
	assert.Zero(t, FrequencyChanged(3000, 0, 0.25), "0 is not known")
	assert.Equal(t, "the processor's frequency fell from 3000 to 1200 MHz (60 %, at most 25 % allowed)",
		FrequencyChanged(3000, 1200, 0.25).String())
	assert.Equal(t, "the processor's frequency rose from 1200 to 3000 MHz (60 %, at most 25 % allowed)",
		FrequencyChanged(1200, 3000, 0.25).String())
}

func TestGeneratorBound(t *testing.T) {
	in := Input{
		Phase: suite.Phase{Rate: 100}, Validity: suite.Validity{ScheduleLag: 0.1, Offered: 0.99, HostNoise: 0.5},
		Claims: []suite.Claim{
			{Metric: "p99", Op: suite.AtMost, Value: suite.Quantity{Value: 100, Unit: suite.Milliseconds}},
		},
	}
	assert.False(t, GeneratorBound(in, evidenceOf(shape{})))
	assert.False(t, GeneratorBound(in, evidenceOf(shape{response: time.Second})),
		"a slow system is not a slow generator")
	assert.True(t, GeneratorBound(in, evidenceOf(shape{lag: 50 * time.Millisecond})))
	assert.True(t, GeneratorBound(in, evidenceOf(shape{unreleased: 100})))
	assert.False(t, GeneratorBound(in, Evidence{}))
}
