package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestOthersCountInEveryPartOfTheRunThatAClaimIsJudgedOn(t *testing.T) {
	hog := measure.Others{Known: true, Cores: 2, Taken: 0.25} // half a core
	claim := func(metric string, bound float64) suite.Claim {
		m, ok := suite.MetricByName(metric)
		require.True(t, ok)
		return suite.Claim{
			ID: "C", Phase: 1, Metric: metric, Op: m.Op, Value: suite.Quantity{Value: bound, Unit: m.Unit},
		}
	}
	for _, row := range []struct {
		name    string
		usage   measure.Usage // its others
		disturb suite.Disturb
		claim   suite.Claim // that the runs miss
		want    Kind
	}{
		{"the recovery, while others took a core after the window", measure.Usage{OthersAfter: hog},
			suite.DisturbOverload, claim("recovery_p99", 2000), Disturbed},
		{"the goodput, the same", measure.Usage{OthersAfter: hog}, suite.DisturbOverload, claim("goodput_share", 90),
			Disturbed},
		{"the recovery, in the window", measure.Usage{Others: hog}, suite.DisturbOverload, claim("recovery_p99", 2000),
			Disturbed},
		{"the recovery, in the warm-up: before it all", measure.Usage{OthersBefore: hog}, suite.DisturbOverload,
			claim("recovery_p99", 2000), Missed},
		{"the p99 of the window, after it", measure.Usage{OthersAfter: hog}, suite.DisturbOverload, claim("p99", 5),
			Missed},
		{"the p99 of the window, before it", measure.Usage{OthersBefore: hog}, "", claim("p99", 5), Missed},
		{"the time to a steady state, in the warm-up", measure.Usage{OthersBefore: hog}, "",
			claim("time_to_steady", 1000), Disturbed},
		{"the memory, in the warm-up", measure.Usage{OthersBefore: hog}, "", claim("memory", 50), Disturbed},
		{"nothing", measure.Usage{}, suite.DisturbOverload, claim("recovery_p99", 2000), Missed},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := evidenceOf(shape{})
			e.Usage.OthersBefore, e.Usage.OthersAfter = row.usage.OthersBefore, row.usage.OthersAfter
			e.Usage.Others = row.usage.Others
			e.Values = map[string]float64{"recovery_p99": 3000, "goodput_share": 80, "time_to_steady": 1500}
			in := input(e, e, e, e, e, e)
			in.Phase.Disturb, in.Claims = row.disturb, []suite.Claim{row.claim}
			o := classify(in, row.claim, e, 0)
			assert.Equal(t, row.want, o.Kind, "%v", o.Reasons)
			want := Refuted
			if row.want == Disturbed {
				want = Invalid
				assert.Equal(t, o.Reasons, Exclusion(in, e))
				met, excluded, _, _ := Once(in, e)
				assert.False(t, met)
				assert.True(t, excluded)
			}
			assert.Equal(t, want, Phase(in)[0].Verdict)
			met := row.claim
			met.Value.Value *= 10 // at most
			if met.Op == suite.AtLeast {
				met.Value.Value /= 100
			}
			assert.Equal(t, Met, classify(in, met, e, 0).Kind, "what can only hurt takes no pass away")
		})
	}
}

func TestWorkThatIsUnequalWaitsLonger(t *testing.T) {
	// 100 req/s of 8 ms each keep 0.8 of 2 processors busy, and a tenth of 8: an M/M/2 queue has a p99 of 1.12 times
	// that of M/M/8, and 1.24 times are explained.
	for response, want := range map[time.Duration]Kind{
		240 * time.Millisecond: Limited, 260 * time.Millisecond: Missed,
	} {
		in := input(several(6, on(0.8, shape{response: response}))...)
		in.Phase.Workers, in.Host.Online = 8, 2
		o := classify(in, in.Claims[1], in.Runs[0], 0)
		assert.Equal(t, want, o.Kind, "%v of 200 ms: %v", response, o.Reasons)
	}
}
