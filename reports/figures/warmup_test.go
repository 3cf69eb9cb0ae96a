package figures

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

func TestTheWarmupIsToldByHowItEnded(t *testing.T) {
	run := func(ended warmup.State, steady time.Duration) Run {
		r := Run{}
		r.Warm = &archive.Warm{Ended: ended, Steady: steady}
		return r
	}
	assert.Empty(t, Phase{Runs: []Run{{}}}.WarmupLine(), "an archive of before it was recorded")
	p := Phase{
		Runs: []Run{run(warmup.Warm, 900*time.Millisecond), run(warmup.Saturated, 0),
			run(warmup.Warm, 500*time.Millisecond), run(warmup.Warm, time.Second)},
	}
	assert.Equal(t,
		"3 of 4 runs steady; 1 of 4 runs saturated, the throughput stationary below the rate while requests piled up; "+
			"steady 0.9 s after the load began (0.5–1)", p.WarmupLine())
	assert.Equal(t, "1 of 1 run not steady by the longest warm-up",
		Phase{Runs: []Run{run(warmup.Unsettled, 0)}}.WarmupLine())
}
