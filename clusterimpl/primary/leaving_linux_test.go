package primary

import (
	"log/slog"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
)

// A process may take its time to end, above all on a host that is full: a worker that has said
// that it has drained is not taken for one that hangs.
func TestAWorkerThatHasDrainedMayTakeItsTimeToEnd(t *testing.T) {
	for _, row := range []struct {
		what    string
		drained bool
		after   time.Duration // the deadline of its drain
		killed  bool
	}{
		{"it drains, and does nothing at all", false, time.Hour, true},
		{"it has drained", true, time.Hour, false},
		{"it has drained, and does not end in time", true, 0, true},
	} {
		t.Run(row.what, func(t *testing.T) {
			silent, err := process.Start(exec.Command("sleep", "600"), false)
			require.NoError(t, err)
			t.Cleanup(func() {
				silent.Kill()
				<-silent.Done()
			})
			require.Eventually(t, func() bool { return !examine(silent.PID).active }, time.Minute, time.Millisecond)
			now := time.Now()
			m := &member{
				slot: 1, process: silent, ready: true, beat: now.Add(-silenceSuspect), deadline: now.Add(row.after),
			}
			p := &primary{workers: map[int]*member{1: m}, log: slog.New(slog.DiscardHandler)}
			p.Config.HealthCheck = time.Hour
			if row.drained {
				p.message(m, ipc.Message{Kind: ipc.Drained})
			}
			p.checkLeaving(m, now.Add(time.Millisecond))
			p.checkLeaving(m, now.Add(time.Millisecond+silenceIdle))
			assert.Equal(t, row.killed, m.killed, m.reason)
		})
	}
}

// A worker that was told to stop by somebody else, or has grown too large, may end while the cluster is told to stop.
func TestAWorkerThatEndsWhileItIsToldToDrainIsJudgedByItsExitStatus(t *testing.T) {
	for _, row := range []struct {
		script, reason string
		good           bool
	}{
		{"exit 0", "", true}, {"exit 0", "over its memory limit", true},
		{"exit 3", "", false}, {"exit 3", "over its memory limit", false}, {"kill -KILL $$", "", false},
	} {
		t.Run(row.script+" "+row.reason, func(t *testing.T) {
			p, _, _ := idle(t, 1)
			p.serving = true
			p.sup.Ready(1, time.Now())
			m := joined(t, p, 1, row.script)
			m.ready, m.reason = true, row.reason
			<-m.process.Done()
			require.NoError(t, m.control.Close())
			p.drain()
			assert.False(t, m.killed, m.reason)
			p.handle(ended{m})
			assert.Equal(t, row.good, p.failure == nil, "%v", p.failure)
		})
	}
}
