package load

import (
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// newNapping makes a loop that leaves answers until after the next request, however far off that is.
func newNapping(d *driver) carrier {
	l := newLoop(d).(*loop)
	l.napping = time.Hour
	return l
}

// TestAnAnswerIsDatedByItsComing keeps the loop from reading while an answer comes, and knows from the server's end by
// when the client's kernel had it.
func TestAnAnswerIsDatedByItsComing(t *testing.T) {
	const requests = 10
	var mu sync.Mutex
	answered, acknowledged := map[int]time.Time{}, map[int]time.Time{}
	free, done := make([]chan struct{}, requests), make([]chan struct{}, requests)
	for i := range requests {
		free[i], done[i] = make(chan struct{}), make(chan struct{})
	}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		i, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		conn, _, err := w.(http.Hijacker).Hijack()
		assert.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		<-free[i]
		before := time.Now()
		_, err = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
		assert.NoError(t, err)
		after := delivered(t, conn)
		mu.Lock()
		answered[i], acknowledged[i] = before, after
		mu.Unlock()
		close(done[i])
	})
	var origin time.Time
	var samples []measure.Sample
	c := Config{
		BaseURL: server.URL, Source: &counting{}, Schedule: Constant(100), Duration: requests * 10 * ms,
		Timeout: time.Minute, Connections: 2 * requests,
		Started: func(at time.Time) { origin = at },
		Observe: func(s measure.Sample) { samples = append(samples, s) },
	}
	d, err := newDriver(t.Context(), c, mustBase(t, c))
	require.NoError(t, err)
	d.carrier = newNapping(d)
	i := 0
	d.wrap = func(pace func(time.Duration) (time.Duration, bool)) func(time.Duration) (time.Duration, bool) {
		return func(moment time.Duration) (time.Duration, bool) {
			now, ok := pace(moment)
			if i > 0 { // the loop is here, and reads nothing
				close(free[i-1])
				<-done[i-1]
			}
			if i++; i == requests {
				close(free[i-1])
			}
			return now, ok
		}
	}
	d.run()
	<-done[requests-1]
	require.Len(t, samples, requests)
	for _, s := range samples {
		require.NoError(t, s.Err)
		i := int(s.Scheduled / (10 * ms))
		assert.GreaterOrEqual(t, s.Done, answered[i].Sub(origin)-apart, "request %d", i)
		if i < requests-1 {
			assert.LessOrEqual(t, s.Done, acknowledged[i].Sub(origin)+apart, "request %d", i)
		}
	}
}

// delivered waits until the other end has acknowledged all that was written, and returns when that was at the latest.
func delivered(t *testing.T, conn net.Conn) time.Time {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	assert.NoError(t, err)
	for left := 1; left > 0; runtime.Gosched() {
		assert.NoError(t, raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }))
		assert.NoError(t, err)
	}
	return time.Now()
}

func TestTheWallClockIsBelievedWhereItCanBeRight(t *testing.T) {
	w := wallClock{behind: -1000}
	for _, c := range []struct {
		name      string
		came      int64
		sent, now time.Duration
		want      bool
	}{
		{"between the send and now", 1500, 400, 600, true},
		{"just now", 1600, 400, 600, true},
		{"before the send: the clock was put back", 1300, 400, 600, false},
		{"in the future: the clock was put forward", 1700, 400, 600, false},
		{"not dated", 0, -2000, 600, false},
	} {
		at, ok := w.arrival(c.came, c.sent, c.now)
		assert.Equal(t, c.want, ok, c.name)
		if ok {
			assert.Equal(t, time.Duration(c.came)-1000, at, c.name)
		}
	}
	_, ok := new(wallClock).arrival(1500, 400, 2000)
	assert.False(t, ok, "the clocks were never compared")
}

func TestClocksAreComparedNowAndThenAndOnlyWithoutInterruption(t *testing.T) {
	clock, step := time.Second, apart
	now := func() time.Duration {
		clock += step
		return clock
	}
	var w wallClock
	w.compare(now)
	first := w
	assert.NotZero(t, first.behind)
	w.compare(now)
	assert.Equal(t, first, w, "too early to compare again")
	clock += compareEvery
	step = apart + 1
	w.compare(now)
	assert.Equal(t, first, w, "it was interrupted")
	step = apart
	w.compare(now)
	assert.NotEqual(t, first, w)
}
