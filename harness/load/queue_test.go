package load

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

const ms = time.Millisecond

func TestReleasedTellsTheScheduleLagFromTheSystemsDoing(t *testing.T) {
	for _, c := range []struct {
		name                                      string
		scheduled, released, freed, dialled, sent time.Duration
		lag, wait                                 time.Duration
	}{
		{"on time, over an idle connection", 100 * ms, 100 * ms, 0, 0, 100 * ms, 0, 0},
		{"the pacing woke late", 100 * ms, 103 * ms, 50 * ms, 0, 103 * ms, 3 * ms, 0},
		{"the worker got to it late", 100 * ms, 100 * ms, 50 * ms, 0, 104 * ms, 4 * ms, 0},
		{"the connection came free late", 100 * ms, 100 * ms, 900 * ms, 0, 900 * ms, 0, 800 * ms},
		{"it came free late, and the worker was slow to use it", 100 * ms, 100 * ms, 900 * ms, 0, 905 * ms, 5 * ms,
			800 * ms},
		{"the pacing was late, and then there was no connection", 100 * ms, 150 * ms, 900 * ms, 0, 900 * ms, 50 * ms,
			750 * ms},
		{"the connection came free while the pacing was late", 100 * ms, 150 * ms, 140 * ms, 0, 150 * ms, 50 * ms, 0},
		{"the process was stopped", 100 * ms, 600 * ms, 99 * ms, 0, 600 * ms, 500 * ms, 0},
		{"a connection had to be opened", 100 * ms, 100 * ms, 0, 30 * ms, 131 * ms, 1 * ms, 30 * ms},
		{"it came free late, and a new one had to be opened", 100 * ms, 100 * ms, 900 * ms, 30 * ms, 930 * ms, 0,
			830 * ms},
		{"clocks that disagree make nothing negative", 100 * ms, 101 * ms, 120 * ms, 0, 101 * ms, 1 * ms, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := released(release{c.scheduled, c.released}, c.freed, c.dialled, c.sent)
			assert.Equal(t, c.lag, got-c.scheduled, "schedule lag")
			assert.Equal(t, c.wait, c.sent-got, "wait")
		})
	}
}

// bench is a queue with a clock that stands where it is put.
type bench struct {
	*queue
	clock    time.Duration
	recorder *measure.Recorder
	made     int
}

func newBench(t *testing.T, conns int) *bench {
	t.Helper()
	recorder, err := measure.NewRecorder(0, 0, time.Minute)
	require.NoError(t, err)
	b := &bench{recorder: recorder}
	b.queue = &queue{backlog: backlog{
		make: func() order {
			b.made++
			return order{Request: &Request{Operation: "x", Path: string(rune('a' + b.made - 1))}}
		},
		timeout: time.Second, now: func() time.Duration { return b.clock }, record: recorder.Record,
	}}
	for range conns {
		b.free.push(&clientConn{tasks: make(chan *task, 1)})
	}
	return b
}

func TestQueueKeepsTheOrderOfTheSchedule(t *testing.T) {
	b := newBench(t, 2)
	b.prepare()
	b.prepare()
	assert.Equal(t, 1, b.made, "one is made in advance, and no more")
	for i := range 40 {
		assert.False(t, b.release(release{time.Duration(i) * ms, time.Duration(i) * ms}), "no worker waits")
		b.prepare()
	}
	assert.Equal(t, 1, b.made, "the backlog holds no requests")
	for i := range 40 {
		s, task, ok := b.next()
		require.True(t, ok)
		assert.Equal(t, time.Duration(i)*ms, task.scheduled)
		assert.Equal(t, string(rune('a'+i)), task.Path)
		b.leave(s)
	}
}

func TestQueueUsesTheConnectionThatWasIdleForLongest(t *testing.T) {
	b := newBench(t, 3)
	type turn struct {
		s    *clientConn
		task *task
	}
	turns := make(chan turn)
	var wg sync.WaitGroup
	work := func() {
		if s, task, ok := b.next(); ok {
			turns <- turn{s, task}
		}
	}
	waiting := func(n int) {
		require.Eventually(t, func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.idle.len() == n
		}, time.Minute, time.Millisecond)
	}
	for n := range 3 {
		wg.Go(work)
		waiting(n + 1)
	}
	var used []*clientConn
	for i := range 9 {
		assert.True(t, b.release(release{time.Duration(i), time.Duration(i)}))
		done := <-turns
		used = append(used, done.s)
		b.leave(done.s)
		wg.Go(work)
		waiting(3)
	}
	assert.Equal(t, used[:3], used[3:6])
	assert.Equal(t, used[:3], used[6:])
	assert.NotSame(t, used[0], used[1])
	b.end()
	wg.Wait()
}

func TestQueueGivesUpWhatWaitedForTooLong(t *testing.T) {
	b := newBench(t, 1)
	for i := range 10 {
		b.release(release{time.Duration(i) * 100 * ms, time.Duration(i) * 100 * ms})
	}
	b.clock = 1500 * ms // those of 0 to 500 ms have had their second
	s, task, ok := b.next()
	require.True(t, ok)
	assert.Equal(t, 600*ms, task.scheduled)
	assert.Equal(t, "g", task.Path, "the source's requests stay with their moments")
	b.leave(s)
	b.drop(errInterrupted)
	w := b.recorder.Windows()[1]
	assert.Equal(t, uint64(9), w.Unsent)
	assert.Equal(t, uint64(9), w.ScheduleLag.Count())
	assert.Equal(t, []measure.ErrorCount{
		{Endpoint: "x", Message: errNoConnection.Error(), Count: 6},
		{Endpoint: "x", Message: errInterrupted.Error(), Count: 3},
	}, w.Errors)
}

func TestQueueWorksOffItsBacklogBeforeItIsOver(t *testing.T) {
	b := newBench(t, 1)
	b.release(release{})
	b.end()
	assert.False(t, b.over())
	s, _, ok := b.next()
	require.True(t, ok)
	assert.True(t, b.over())
	b.leave(s)
	_, _, ok = b.next()
	assert.False(t, ok)
	_, _, ok = b.next()
	assert.False(t, ok, "the connection was left again")
}

func TestFifoGrowsAndWrapsAround(t *testing.T) {
	var f fifo[int]
	in, out := 0, 0
	for round := range 200 {
		for range round % 37 {
			f.push(in)
			in++
		}
		for range min(f.len(), round%31) {
			require.Equal(t, out, f.pop())
			out++
		}
	}
	require.Equal(t, in-out, f.len())
	require.LessOrEqual(t, len(f.ring), 2*max(16, f.len()+64))
}
