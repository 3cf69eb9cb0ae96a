package primary

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

func TestConnectionsAreLookedAtWhereARequestWouldWait(t *testing.T) {
	now := time.Now()
	calm := func() *member { return &member{ready: true, beat: now.Add(-worker.BeatInterval)} }
	for what, row := range map[string]struct {
		change func(m *member)
		want   bool
	}{
		"nothing to do":         {func(*member) {}, false},
		"most of a processor":   {func(m *member) { m.stats.CPU = health.CPU{Cores: 1} }, true},
		"a refusal just now":    {func(m *member) { m.refused = now }, true},
		"a refusal long ago":    {func(m *member) { m.refused = now.Add(-time.Minute) }, false},
		"a sign of life late":   {func(m *member) { m.beat = now.Add(-time.Second) }, true},
		"one that is not ready": {func(m *member) { m.ready, m.beat = false, time.Time{} }, false},
	} {
		m := calm()
		row.change(m)
		assert.Equal(t, row.want, strained(map[int]*member{1: calm(), 2: m}, 2, now), what)
	}
	assert.False(
		t, strained(map[int]*member{1: {ready: true, beat: now, stats: health.Stats{CPU: health.CPU{Cores: 0.4}}}}, 8,
			now),
	)
}
