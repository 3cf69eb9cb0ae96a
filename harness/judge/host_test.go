package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

func TestTheHostIsDisturbedByOthersAlone(t *testing.T) {
	still := measure.HostNoise{SpinBefore: 24 * time.Millisecond, SpinAfter: 24 * time.Millisecond}
	slower := measure.HostNoise{SpinBefore: 24 * time.Millisecond, SpinAfter: 48 * time.Millisecond}
	with := func(n measure.HostNoise, before, after measure.Quiet) measure.HostNoise {
		n.QuietBefore, n.QuietAfter = before, after
		return n
	}
	idle, busy := measure.Quiet{Known: true, Idle: true}, measure.Quiet{Known: true, Busy: 0.7}
	for _, row := range []struct {
		name      string
		noise     measure.HostNoise
		others    measure.Others
		otherLoad float64
		want      bool
	}{
		{"a host of its own", still, measure.Others{Known: true, Cores: 2, Taken: 0.05}, 0, false},
		{"half a core of two", still, measure.Others{Known: true, Cores: 2, Taken: 0.25}, 0, true},
		{"half a core of eight", still, measure.Others{Known: true, Cores: 8, Taken: 0.0625}, 0, true},
		{"half a core of many", still, measure.Others{Known: true, Cores: 64, Taken: 0.5 / 64}, 0, false},
		{"two cores of many", still, measure.Others{Known: true, Cores: 64, Taken: 2.0 / 64}, 0, true},
		{"half a core of two, allowed", still, measure.Others{Known: true, Cores: 2, Taken: 0.25}, 0.6, false},
		{"the hypervisor and others together", still, measure.Others{Known: true, Cores: 2, Taken: 0.07, Stolen: 0.07},
			0, true},
		{"what is not known is not held against it", still, measure.Others{Cores: 2, Taken: 0.9}, 0, false},
		{"another speed", slower, measure.Others{}, 0, true},
		{"another speed, all idle", with(slower, idle, idle), measure.Others{}, 0, true},
		{"another speed while the stores still worked", with(slower, idle, busy), measure.Others{}, 0, false},
		{"another speed while the system had not settled", with(slower, busy, idle), measure.Others{}, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := evidenceOf(good)
			e.Noise, e.Usage.Others = row.noise, row.others
			in := input(e)
			in.Validity.HostNoise, in.Validity.OtherLoad = 0.5, row.otherLoad
			reasons := HostDisturbed(in, e)
			assert.Equal(t, row.want, len(reasons) > 0, "%v", reasons)
			assert.Equal(t, reasons, Guards(in, e))
		})
	}
}
