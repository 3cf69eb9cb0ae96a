package primary

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
	"github.com/nameplate-dev/nameplate/clusterimpl/supervise"
)

// noSpread spreads nothing, and notes what it is told.
type noSpread struct {
	handover.Spreader
	opened, retired []int
	crashed         map[int]bool // of those that are gone
	finished        bool
}

func (s *noSpread) Open(slot int)                   { s.opened = append(s.opened, slot) }
func (s *noSpread) Retire(slot int)                 { s.retired = append(s.retired, slot) }
func (s *noSpread) Gone(slot int, crashed bool)     { s.crashed[slot] = crashed }
func (s *noSpread) Excess() map[int]int             { return nil }
func (s *noSpread) Collect()                        {}
func (s *noSpread) LookAside(bool)                  {}
func (s *noSpread) Serve() error                    { return nil }
func (s *noSpread) Finish()                         { s.finished = true }
func (s *noSpread) Dial(slot int) (net.Conn, error) { return nil, handover.ErrUnsupported }

// idle is a primary of so many workers, none of which has a process yet; what it tells is noted.
func idle(t *testing.T, workers int) (*primary, *noSpread, *[]ipc.Event) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	var told []ipc.Event
	spreader := &noSpread{crashed: map[int]bool{}}
	now := time.Now()
	p := &primary{
		Options: Options{
			Config: config.Config{Workers: workers, RespawnLimit: 10, HealthCheck: time.Hour}, Listener: ln,
			Notify: func(e ipc.Event) { told = append(told, e) }, ReadyTimeout: time.Minute,
		},
		log: slog.New(slog.DiscardHandler), health: slog.New(slog.DiscardHandler), spread: spreader,
		sup:     supervise.New(supervise.Default(workers, 10, func() float64 { return 0 }), now),
		workers: map[int]*member{}, inbox: make(chan any), done: make(chan struct{}), wanted: workers, checked: now,
	}
	p.sup.Start(now)
	t.Cleanup(func() {
		close(p.done)
		p.helpers.Wait()
	})
	return p, spreader, &told
}

// joined adds a worker whose process is a shell that runs a script.
func joined(t *testing.T, p *primary, slot int, script string) *member {
	t.Helper()
	proc, err := process.Start(exec.Command("/bin/sh", "-c", script), false)
	require.NoError(t, err)
	control, theirs, err := ipc.Pair()
	require.NoError(t, err)
	t.Cleanup(func() {
		proc.Kill()
		<-proc.Done()
		control.Close()
		theirs.Close()
	})
	now := time.Now()
	m := &member{slot: slot, process: proc, control: control, started: now, beat: now, probe: now}
	p.workers[slot] = m
	return m
}

const waits = "exec sleep 600"

func TestOnlyAWorkerThatEndsBadlyOfItselfHasCrashed(t *testing.T) {
	for what, row := range map[string]struct {
		script   string
		notReady bool
		killed   bool // by this process
		want     bool
	}{
		"it ends well":                     {"exit 0", false, false, false},
		"it fails":                         {"exit 3", false, false, true},
		"it gives up as Go does":           {"kill -QUIT $$", false, false, true},
		"it reads memory that is not its":  {"kill -SEGV $$", false, false, true},
		"the kernel, or anybody, kills it": {"kill -KILL $$", false, false, false},
		"it is told to end":                {"kill -TERM $$", false, false, false},
		"it fails before it was ready":     {"exit 3", true, false, false},
		"it fails while it is killed":      {"exit 3", false, true, false},
	} {
		t.Run(what, func(t *testing.T) {
			p, spreader, told := idle(t, 2)
			p.serving = true
			p.sup.Ready(1, time.Now())
			m := joined(t, p, 1, row.script)
			m.ready, m.killed = !row.notReady, row.killed
			<-m.process.Done()
			p.handle(ended{m})
			assert.Equal(t, row.want, spreader.crashed[1], m.end())
			assert.Empty(t, p.workers)
			require.Len(t, *told, 1)
			assert.Equal(
				t, ipc.Event{Kind: ipc.WorkerEnded, Worker: 1, PID: m.process.PID, Detail: m.end(), Replaced: true},
				(*told)[0],
			)
		})
	}
}

func TestAWorkerThatGrowsIsDrainedAndOneThatGrowsTooFastIsKilled(t *testing.T) {
	for what, row := range map[string]struct {
		share           float64 // of what it takes, that it may take; 0 for no limit
		drained, killed bool
	}{
		"no limit":           {0, false, false},
		"below its limit":    {2, false, false},
		"beyond it":          {0.8, true, false},
		"at twice the limit": {0.5, true, true},
	} {
		t.Run(what, func(t *testing.T) {
			p, spreader, _ := idle(t, 1)
			m := joined(t, p, 1, "echo; "+waits)
			m.ready = true
			require.Eventually(t, func() bool { return !examine(m.process.PID).active }, time.Minute, time.Millisecond)
			takes, ok := process.Resident(m.process.PID)
			require.True(t, ok)
			p.Config.Memory = int64(row.share * float64(takes))
			p.sup.Ready(1, time.Now())
			assert.Equal(t, row.drained, p.overLimit(m, time.Now()))
			assert.Equal(t, row.killed, m.killed)
			assert.Equal(t, row.drained && !row.killed, len(spreader.retired) == 1 && !m.deadline.IsZero(),
				"it finishes what it has")
			if row.drained {
				assert.Contains(t, m.reason, "over its memory limit")
			}
		})
	}
}

func TestAWorkerThatIsNotReadyInTimeIsKilled(t *testing.T) {
	p, _, _ := idle(t, 2)
	slow, quick := joined(t, p, 1, waits), joined(t, p, 2, waits)
	quick.ready = true
	at := slow.started.Add(p.ReadyTimeout)
	p.checked = at // this process has checked all the time
	slow.beat, quick.beat = at, at
	p.checkWorkers(at)
	assert.False(t, slow.killed)
	p.checked = at.Add(time.Millisecond)
	p.checkWorkers(at.Add(time.Millisecond))
	assert.True(t, slow.killed)
	assert.Equal(t, "not ready within 1m0s", slow.reason)
	assert.False(t, quick.killed)
}

func TestAWorkerThatIsStoppedBeforeItIsReadyIsKilled(t *testing.T) {
	p, _, _ := idle(t, 2)
	stopped, slow := joined(t, p, 1, "kill -STOP $$; "+waits), joined(t, p, 2, waits)
	require.Eventually(t, func() bool { return examine(stopped.process.PID).stopped }, time.Minute, time.Millisecond)
	stopped.started = slow.started
	for _, after := range []time.Duration{silenceSuspect - time.Millisecond, silenceSuspect} {
		at := slow.started.Add(after)
		p.checked = at // this process has checked all the time
		assert.False(t, stopped.killed)
		p.checkWorkers(at)
	}
	assert.Equal(t, "not ready after 1s: the process is stopped", stopped.reason)
	assert.False(t, slow.killed)
}

func TestSilenceWhileThePrimaryHadNoProcessorIsNotTheWorkers(t *testing.T) {
	p, _, _ := idle(t, 1)
	m := joined(t, p, 1, waits)
	m.ready = true
	require.Eventually(t, func() bool { return !examine(m.process.PID).active }, time.Minute, time.Millisecond)
	p.checked, m.beat = m.started, m.started
	for at := m.started.Add(time.Hour); at.Before(m.started.Add(time.Hour + silenceSuspect/2)); at = at.Add(tick) {
		p.checkWorkers(at) // the first time after an hour, then as it should
	}
	assert.False(t, m.killed, m.reason)
	end := p.checked.Add(silenceSuspect + silenceIdle + time.Second)
	for at := p.checked; at.Before(end) && !m.killed; at = at.Add(tick) {
		p.checkWorkers(at)
	}
	assert.True(t, m.killed, "now it is its own silence")
}

func TestANewClusterServesOnceAllOfItsWorkersAreReady(t *testing.T) {
	p, spreader, told := idle(t, 2)
	first, second := joined(t, p, 1, waits), joined(t, p, 2, waits)
	p.handle(message{first, ipc.Message{Kind: ipc.Ready}})
	assert.Empty(t, spreader.opened)
	assert.False(t, p.serving)
	p.handle(message{&member{slot: 2}, ipc.Message{Kind: ipc.Ready}})
	assert.False(t, p.serving, "a process that this slot had before says nothing any more")
	p.handle(message{second, ipc.Message{Kind: ipc.Ready}})
	assert.True(t, p.serving)
	assert.ElementsMatch(t, []int{1, 2}, spreader.opened)
	require.Len(t, *told, 3)
	assert.Equal(t, ipc.Event{Kind: ipc.Serving, URL: "http://" + p.Listener.Addr().String()}, (*told)[2])
}

func TestAWorkerThatEndsBeforeTheClusterIsReadyEndsIt(t *testing.T) {
	p, spreader, _ := idle(t, 2)
	m, other := joined(t, p, 1, "exit 3"), joined(t, p, 2, waits)
	<-m.process.Done()
	p.handle(ended{m})
	assert.EqualError(t, p.failure, "worker 1 ended before the cluster was ready: exit status 3")
	assert.True(t, spreader.finished)
	<-other.process.Done()
	assert.Error(t, other.process.Err(), "nothing is left")
	p.fail(errors.New("later"))
	assert.ErrorContains(t, p.failure, "worker 1", "the first reason is kept")
}

func TestALivenessCheckWantsTheAnswerOfAWorker(t *testing.T) {
	for what, row := range map[string]struct {
		answer string
		want   string
	}{
		"the right one":     {"HTTP/1.1 204 No Content\r\n\r\n", ""},
		"another status":    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "status 200"},
		"what is no answer": {"hello\r\n\r\n", "malformed"},
		"none":              {"", "EOF"},
	} {
		t.Run(what, func(t *testing.T) {
			p, _, _ := idle(t, 1)
			m := joined(t, p, 1, waits)
			here, there := net.Pipe()
			go func() {
				_, _ = http.ReadRequest(bufio.NewReader(there))
				_, _ = io.WriteString(there, row.answer)
				there.Close()
			}()
			err := p.request(here, m)
			if row.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, row.want)
			}
		})
	}
}

func TestALivenessCheckEndsWithItsWorker(t *testing.T) {
	p, _, _ := idle(t, 1)
	m := joined(t, p, 1, waits)
	here, there := net.Pipe()
	defer there.Close()
	go func() {
		_, _ = http.ReadRequest(bufio.NewReader(there)) // and no answer
		m.process.Kill()
	}()
	assert.ErrorContains(t, p.request(here, m), "context canceled")
}
