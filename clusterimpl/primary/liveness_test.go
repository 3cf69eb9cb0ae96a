package primary

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSilenceIsJudgedByWhatTheProcessDoes(t *testing.T) {
	const ms = time.Millisecond
	type sample struct {
		silent time.Duration
		vitals vitals
	}
	asleep, busy := vitals{known: true, cpu: 50 * ms}, vitals{known: true, active: true, cpu: 50 * ms}
	for _, tt := range []struct {
		name    string
		samples []sample // 100 ms apart
		hung    int      // at which sample, 1 and up; 0 for never
	}{
		{"a worker that shows signs of life is not examined", []sample{{0, asleep}, {999 * ms, asleep}}, 0},
		{"a stopped one is hung at once", []sample{{1000 * ms, vitals{known: true, stopped: true}}}, 1},
		{"one that sleeps is hung when it has done nothing for a while", []sample{
			{1000 * ms, asleep}, {1100 * ms, asleep}, {1200 * ms, asleep}, {1300 * ms, asleep}}, 4},
		{"one that runs is not", []sample{
			{1000 * ms, busy}, {1100 * ms, busy}, {1200 * ms, busy}, {1300 * ms, busy}, {9000 * ms, busy}}, 0},
		{"one that used processor time is not", []sample{
			{1000 * ms, asleep}, {1100 * ms, asleep}, {1200 * ms, vitals{known: true, cpu: 60 * ms}},
			{1300 * ms, vitals{known: true, cpu: 60 * ms}}}, 0},
		{"a sign of life clears the suspicion", []sample{
			{1000 * ms, asleep}, {1200 * ms, asleep}, {100 * ms, asleep}, {1000 * ms, asleep}, {1100 * ms, asleep}}, 0},
		{"tolerance with a busy one ends", []sample{{1000 * ms, busy}, {14999 * ms, busy}, {15000 * ms, busy}}, 3},
		{
			"where nothing is known, tolerance decides",
			[]sample{{1000 * ms, vitals{}}, {14999 * ms, vitals{}}, {15000 * ms, vitals{}}}, 3,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s suspicion
			now, at := time.Unix(0, 0), 0
			for i, l := range tt.samples {
				if s.hung(now, l.silent, 15*time.Second, func() vitals { return l.vitals }) != "" {
					at = i + 1
					break
				}
				now = now.Add(100 * ms)
			}
			assert.Equal(t, tt.hung, at)
		})
	}
}

func TestToleranceIsNeverShorterThanSuspicion(t *testing.T) {
	var s suspicion
	never := func() vitals { t.Error("examined"); return vitals{} }
	assert.Empty(t, s.hung(time.Unix(0, 0), 500*time.Millisecond, 100*time.Millisecond, never))
}
