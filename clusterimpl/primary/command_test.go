package primary

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/control"
	"github.com/nameplate-dev/nameplate/clusterimpl/supervise"
)

// serves is a primary of so many workers, none of which has a process, that takes commands.
func serves(workers int, now time.Time) *primary {
	return &primary{
		log: slog.New(slog.DiscardHandler), serving: true, wanted: workers, workers: map[int]*member{},
		sup: supervise.New(supervise.Default(workers, 10, func() float64 { return 0 }), now),
	}
}

func TestWhatCannotBeDoneNowIsRefusedAndSaysWhy(t *testing.T) {
	scale := func(n int) control.Request { return control.Request{Do: control.Scale, Workers: n} }
	for what, row := range map[string]struct {
		change  func(p *primary)
		request control.Request
		want    string
	}{
		"it starts":        {func(p *primary) { p.serving = false }, scale(3), "takes no commands"},
		"it ends":          {func(p *primary) { p.draining = true }, scale(3), "takes no commands"},
		"another change":   {func(p *primary) { p.change = &change{} }, scale(3), "another change is under way"},
		"no worker":        {func(*primary) {}, scale(0), "0 workers are not possible: want 1 to 256"},
		"too many workers": {func(*primary) {}, scale(257), "257 workers are not possible: want 1 to 256"},
		"what it does not know": {
			func(*primary) {}, control.Request{Do: "stop"}, `"stop" is not known: want reload or scale`,
		},
		"one more than it knows": {func(*primary) {}, control.Request{}, `"" is not known`},
	} {
		t.Run(what, func(t *testing.T) {
			p := serves(2, time.Now())
			row.change(p)
			before := p.change
			var got []error
			p.command(Command{Request: row.request, Done: func(err error) { got = append(got, err) }})
			assert.Len(t, got, 1, "it is told once")
			assert.ErrorContains(t, got[0], row.want)
			assert.Equal(t, before, p.change)
			assert.Equal(t, 2, p.wanted)
			assert.Len(t, p.sup.Slots(), 2)
		})
	}
}

func TestScalingEndsOnceThereAreAsManyReadyWorkersAsWanted(t *testing.T) {
	now := time.Now()
	p := serves(1, now)
	p.sup.Start(now)
	p.sup.Ready(1, now)
	var got []error
	p.command(Command{Request: control.Request{Do: control.Scale, Workers: 2}, Done: func(err error) {
		got = append(got, err)
	}})
	now = time.Now() // no earlier than the command
	p.advance(now)
	assert.Empty(t, got, "the second is not there")
	p.sup.Start(now)
	p.advance(now)
	assert.Empty(t, got, "the second has a process, and is not ready")
	p.sup.Ready(2, now)
	p.advance(now)
	assert.Equal(t, []error{nil}, got)
	assert.Nil(t, p.change)
}

func TestAReloadWhoseNewWorkerCannotStartLeavesTheOldOnes(t *testing.T) {
	now := time.Now()
	p := serves(2, now)
	var got []error
	p.command(Command{Request: control.Request{Do: control.Reload}, Done: func(err error) { got = append(got, err) }})
	assert.Len(t, p.sup.Slots(), 3, "one more first")
	p.spareDied(1, "exit status 1")
	assert.Empty(t, got, "an old one is replaced as ever")
	p.spareDied(3, "exit status 1")
	assert.Len(t, got, 1)
	assert.EqualError(t, got[0], "a new worker could not start, the old ones stay: exit status 1")
	assert.Len(t, p.sup.Slots(), 2)
}
