package journal_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	get     = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	post    = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
	answer  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
)

// errKilled ends a worker in the middle of a system call.
var errKilled = errors.New("killed")

// kernel is a connection whose totals are known, and whose worker ends at a certain
// moment: before the so manyeth system call, or just after the kernel has carried it out.
type kernel struct {
	net.Conn
	totals journal.Totals
	input  string // what the client has sent
	killAt int    // twice the number of the call, and one more for after it; negative for never
	calls  int
}

func (k *kernel) call(effect func() int) (int, error) {
	at := 2 * k.calls
	k.calls++
	if k.killAt == at {
		panic(errKilled)
	}
	n := effect()
	if k.killAt == at+1 {
		panic(errKilled)
	}
	if n == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return n, nil
}

func (k *kernel) Read(p []byte) (int, error) {
	return k.call(func() int {
		n := copy(p, k.input)
		k.input = k.input[n:]
		k.totals.Read += uint64(n)
		return n
	})
}

func (k *kernel) Write(p []byte) (int, error) {
	return k.call(func() int { k.totals.Written += uint64(len(p)); return len(p) })
}

func (k *kernel) Close() error { return nil }

// serve is what http.Server does with a connection: read, carry out, answer, and again.
// It returns false when the worker was killed on the way.
func serve(c *journal.Conn, bodies []int64, answers []string) (alive bool) {
	defer func() {
		if reason := recover(); reason != nil {
			if reason != any(errKilled) {
				panic(reason)
			}
			alive = false
		}
	}()
	buffer := make([]byte, 4096)
	for i, answer := range answers {
		if _, err := c.Read(buffer); err != nil {
			return true
		}
		c.Begin(bodies[i])
		for _, part := range strings.SplitAfter(answer, "|") {
			_, _ = c.Write([]byte(strings.TrimSuffix(part, "|")))
		}
		c.Done()
	}
	return true
}

// TestNoMomentLosesARequest kills a worker before and after each system call.
func TestNoMomentLosesARequest(t *testing.T) {
	for _, tt := range []struct {
		name    string
		input   string
		body    int64
		answer  string
		between []journal.Fate // by moment: before and after the read, before and after each write
	}{
		{
			"an idempotent request", get, 0, answer,
			[]journal.Fate{journal.HandOn, journal.Replay, journal.Replay, journal.HandOn},
		},
		{
			"one that is not", post, 5, answer,
			[]journal.Fate{journal.HandOn, journal.Replay, journal.Refuse, journal.HandOn},
		},
		{"an answer in two pieces", get, 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n|ok",
			[]journal.Fate{journal.HandOn, journal.Replay, journal.Replay, journal.Cut, journal.Cut, journal.Cut}},
		{
			"the last answer of a connection", get, 0, closing,
			[]journal.Fate{journal.HandOn, journal.Replay, journal.Replay, journal.Cut},
		},
		{"an unknown length", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", -1, answer,
			[]journal.Fate{journal.HandOn, journal.Replay, journal.Refuse, journal.Cut}},
		{"a part of a request", "GET / HT", 0, answer, []journal.Fate{journal.HandOn, journal.Replay}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for moment, want := range tt.between {
				b, err := journal.Create(1, 1)
				require.NoError(t, err)
				b.Entry(0).Reset()
				k := &kernel{totals: journal.Totals{Open: true}, input: tt.input, killAt: moment}
				require.False(t, serve(b.Take(k, b.Post(1), 0), []int64{tt.body}, []string{tt.answer}))
				got := b.Entry(0).Settle(k.totals)
				assert.Equal(t, want, got, "moment %d", moment)
				if got != journal.Replay {
					b.Close()
					continue
				}
				next := b.Take(&kernel{killAt: -1}, b.Post(1), 0)
				again := make([]byte, 4096)
				n, err := next.Read(again)
				require.NoError(t, err)
				assert.Equal(t, tt.input, string(again[:n]), "moment %d: the next worker reads the same", moment)
				next.Begin(tt.body)
				assert.Equal(t, journal.Refuse, b.Entry(0).Settle(k.totals), "moment %d: replayed once", moment)
				b.Close()
			}
		})
	}
}

func TestBytesOfTheNextRequestAreKept(t *testing.T) {
	b, err := journal.Create(1, 1)
	require.NoError(t, err)
	defer b.Close()
	for killed := range 5 {
		b.Entry(0).Reset()
		k := &kernel{totals: journal.Totals{Open: true}, input: get + post + get[:7], killAt: -1}
		c := b.Take(k, b.Post(1), 0)
		buffer := make([]byte, 4096)
		n, _ := c.Read(buffer)
		require.Equal(t, len(get+post)+7, n, "a client that does not wait")
		rest := post + get[:7]
		c.Begin(0)
		_, _ = c.Write([]byte(answer))
		if killed > 0 {
			c.Done()
			assert.True(t, c.Waiting())
		}
		fate := b.Entry(0).Settle(k.totals)
		if killed == 0 {
			assert.Equal(t, journal.HandOn, fate, "answered, and not noted yet")
		} else {
			assert.Equal(t, journal.Replay, fate)
		}
		next := b.Take(&kernel{killAt: -1}, b.Post(1), 0)
		n, _ = next.Read(buffer)
		assert.Equal(t, rest, string(buffer[:n]))
	}
}

func TestAnInterruptedPipelineIsNeverGarbled(t *testing.T) {
	long := "PUT / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + strings.Repeat("x", 9000)
	b, err := journal.Create(1, 1)
	require.NoError(t, err)
	defer b.Close()
	b.Entry(0).Reset()
	k := &kernel{totals: journal.Totals{Open: true}, input: long + get, killAt: -1}
	c := b.Take(k, b.Post(1), 0)
	buffer := make([]byte, 4096)
	_, _ = c.Read(buffer)
	c.Begin(9000)
	for k.totals.Read < uint64(len(long)) {
		_, _ = c.Read(buffer)
	}
	assert.Equal(t, journal.Refuse, b.Entry(0).Settle(k.totals), "it does not fit into the entry")
	_, _ = c.Write([]byte(answer))
	c.Done()
	if k.totals.Read > uint64(len(long)) {
		assert.NotEqual(t, journal.HandOn, b.Entry(0).Settle(k.totals), "a part of the next request is gone")
		return
	}
	assert.Equal(t, journal.HandOn, b.Entry(0).Settle(k.totals))
}

func TestWhatWorkersGiveBack(t *testing.T) {
	b, err := journal.Create(2, 3)
	require.NoError(t, err)
	defer b.Close()
	p := b.Post(2)
	for n := range 3 {
		b.Entry(n).Reset()
		c := b.Take(&kernel{}, p, n)
		if n == 1 {
			require.NoError(t, c.Return())
		} else {
			require.NoError(t, c.Close())
		}
		assert.ErrorIs(t, c.Close(), net.ErrClosed, "a connection ends once")
	}
	assert.EqualValues(t, 3, p.Closed.Load())
	closed := map[int]bool{}
	b.Given(p, func(n int) { closed[n] = b.Entry(n).Closed() })
	assert.Equal(t, map[int]bool{0: true, 1: false, 2: true}, closed)
	b.Given(p, func(int) { t.Error("given twice") })
	b.Given(b.Post(1), func(int) { t.Error("given by another") })
}

func TestTheKernelsTotals(t *testing.T) {
	require.NoError(t, journal.Supported())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	conn, err := ln.Accept()
	require.NoError(t, err)
	defer conn.Close()
	file, err := conn.(*net.TCPConn).File()
	require.NoError(t, err)
	defer file.Close()
	totals := func() journal.Totals {
		got, err := journal.ReadTotals(int(file.Fd()))
		require.NoError(t, err)
		return got
	}
	assert.Equal(t, journal.Totals{Open: true}, totals())
	fmt.Fprint(client, "0123456789")
	_, err = io.ReadFull(conn, make([]byte, 4))
	require.NoError(t, err)
	fmt.Fprint(conn, "abc")
	assert.Equal(t, journal.Totals{Read: 4, Written: 3, Open: true}, totals())
	require.NoError(t, client.(*net.TCPConn).CloseWrite())
	require.Eventually(t, func() bool {
		info, err := unix.GetsockoptTCPInfo(int(file.Fd()), unix.IPPROTO_TCP, unix.TCP_INFO)
		return err == nil && info.State != 1
	}, time.Minute, time.Millisecond)
	assert.Equal(t, journal.Totals{Read: 4, Written: 3, Open: true}, totals(),
		"a client that sends no more still reads")
	_, err = io.ReadAll(conn)
	require.NoError(t, err)
	assert.Equal(t, journal.Totals{Read: 10, Written: 3, Open: true}, totals())
	require.NoError(t, unix.Shutdown(int(file.Fd()), unix.SHUT_RDWR))
	assert.False(t, totals().Open)
}

func TestALogTellsWhatIsNotedOfAConnection(t *testing.T) {
	book, err := journal.Create(1, 1)
	require.NoError(t, err)
	defer book.Close()
	entry := book.Entry(0)
	entry.Reset()
	assert.Equal(t, "new start=0 wrote=0 answer=0 length=0 noted=0 deaths=0", entry.String())
	conn := book.Take(&kernel{input: get, killAt: -1}, book.Post(1), 0)
	_, err = conn.Read(make([]byte, 100))
	require.NoError(t, err)
	conn.Begin(0)
	entry.Blame()
	want := fmt.Sprintf("taken,begun start=0 wrote=0 answer=0 length=%d noted=0 deaths=1", len(get))
	assert.Equal(t, want, entry.String())
}

func TestWhatIsNoJournalIsRefused(t *testing.T) {
	for name, content := range map[string]string{
		"nothing": "", "something else": strings.Repeat("x", 10000), "zeros": strings.Repeat("\x00", 4096),
	} {
		file, err := os.CreateTemp(t.TempDir(), "journal")
		require.NoError(t, err)
		_, err = file.WriteString(content)
		require.NoError(t, err)
		_, err = journal.Open(file)
		assert.ErrorContains(t, err, "open shared memory", name)
	}
	b, err := journal.Create(3, 5)
	require.NoError(t, err)
	defer b.Close()
	fd, err := unix.Dup(int(b.File().Fd()))
	require.NoError(t, err)
	same, err := journal.Open(os.NewFile(uintptr(fd), "journal"))
	require.NoError(t, err)
	defer same.Close()
	assert.Equal(t, 3, same.Workers())
	assert.Equal(t, 5, same.Entries())
	b.Entry(4).Blame()
	b.Post(3).Closed.Add(7)
	assert.EqualValues(t, 7, same.Post(3).Closed.Load(), "the memory is shared")
}
