package pool

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("connection refused")

// server is one that connections are opened to; it can be made to hang, or to refuse.
type server struct {
	refuses      atomic.Bool
	mu           sync.Mutex
	hangs        chan struct{} // closed when it goes on; nil: it does not hang
	dialing, max int           // attempts at the same time
}

func (s *server) hang() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangs = make(chan struct{})
}

func (s *server) goOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.hangs)
	s.hangs = nil
}

func (s *server) stalled() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hangs
}

func (s *server) dial(ctx context.Context) (*link, error) {
	s.mu.Lock()
	s.dialing++
	s.max = max(s.max, s.dialing)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.dialing--
		s.mu.Unlock()
	}()
	if s.refuses.Load() {
		return nil, errRefused
	}
	if stalled := s.stalled(); stalled != nil {
		select {
		case <-stalled:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	time.Sleep(30 * time.Millisecond)
	return &link{server: s, broken: make(chan struct{})}, nil
}

// link is a connection to the server.
type link struct {
	server *server
	once   sync.Once
	broken chan struct{}
}

func (l *link) Abort() { l.once.Do(func() { close(l.broken) }) }
func (l *link) Close() { l.Abort() }
func (l *link) Alive() bool {
	select {
	case <-l.broken:
		return false
	default:
		return true
	}
}

// ask takes 5 ms, and longer where the server hangs.
func (l *link) ask() (int, error) {
	if stalled := l.server.stalled(); stalled != nil {
		select {
		case <-stalled:
		case <-l.broken:
		}
	}
	time.Sleep(5 * time.Millisecond)
	if !l.Alive() {
		return 0, errors.New("connection reset")
	}
	return 7, nil
}

const size = 4

func start(t *testing.T, s *server) *Pool[*link] {
	t.Helper()
	p := New(Config[*link]{
		Size: size, Dial: s.dial, DialTimeout: time.Second, Wait: time.Second, Abandon: 10 * time.Second,
		Pause: Backoff(rand.New(rand.NewPCG(1, 2)).Float64),
	})
	t.Cleanup(p.Close)
	return p
}

// whenReady runs a test on the runtime's fake clock, with a pool whose connections are all open.
func whenReady(t *testing.T, test func(*testing.T, *server, *Pool[*link])) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		p := start(t, s)
		require.NoError(t, p.Ready(t.Context()))
		test(t, s, p)
	})
}

// ask makes a request that has so much time.
func ask(p *Pool[*link], limit time.Duration) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return Do(ctx, p, (*link).ask)
}

func TestAStallClosesNoConnectionAndOpensNone(t *testing.T) {
	whenReady(t, func(t *testing.T, s *server, p *Pool[*link]) {
		before := p.Stats()
		assert.Equal(t, Stats{Size: size, Open: size, Attempts: size, Opened: size}, before)
		assert.Equal(t, 1, s.max, "one after the other")

		s.hang()
		var failed atomic.Int64
		var requests sync.WaitGroup
		for range 1000 {
			requests.Go(func() {
				if _, err := ask(p, 200*time.Millisecond); err != nil {
					failed.Add(1)
				}
			})
			time.Sleep(5 * time.Millisecond)
		}
		requests.Wait()
		assert.EqualValues(t, 1000, failed.Load(), "the server hangs")
		s.goOn()
		time.Sleep(10 * time.Millisecond)
		for range 100 {
			v, err := ask(p, 200*time.Millisecond)
			assert.NoError(t, err)
			assert.Equal(t, 7, v)
		}
		assert.Equal(t, before, p.Stats(), "the same connections as before")
	})
}

func TestAConnectionThatHangsForLongIsReplaced(t *testing.T) {
	whenReady(t, func(t *testing.T, s *server, p *Pool[*link]) {
		s.hang()
		_, err := ask(p, 100*time.Millisecond)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(9 * time.Second)
		assert.Zero(t, p.Stats().Aborted)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.EqualValues(t, 1, p.Stats().Aborted)
		s.goOn()
		time.Sleep(5 * time.Second)
		stats := p.Stats()
		assert.Equal(t, size, stats.Open)
		assert.EqualValues(t, size+1, stats.Opened)
	})
}

func TestWithoutAServerNobodyWaitsAndAttemptsGrowRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		s.refuses.Store(true)
		p := start(t, s)
		assert.ErrorIs(t, p.Ready(t.Context()), errRefused)
		began := time.Now()
		for range 60 {
			before := time.Now()
			_, err := ask(p, time.Minute)
			assert.ErrorIs(t, err, errRefused)
			assert.Zero(t, time.Since(before))
			time.Sleep(time.Second)
		}
		least := uint64(time.Since(began) / (1600 * time.Millisecond))
		most := uint64(time.Since(began)/(800*time.Millisecond)) + 8
		assert.GreaterOrEqual(t, p.Stats().Attempts, least)
		assert.LessOrEqual(t, p.Stats().Attempts, most)
		s.refuses.Store(false)
		time.Sleep(2 * time.Second)
		_, err := ask(p, time.Second)
		assert.NoError(t, err)
		assert.Equal(t, size, p.Stats().Open)
	})
}

func TestDeadConnectionsAreFoundBeforeTheyAreUsed(t *testing.T) {
	whenReady(t, func(t *testing.T, _ *server, p *Pool[*link]) {
		p.mu.Lock()
		for l := range p.live {
			l.conn.Abort() // as the end of a server does to idle connections
		}
		p.mu.Unlock()
		_, err := ask(p, time.Second)
		assert.NoError(t, err, "it waits for a new one")
		time.Sleep(time.Second)
		stats := p.Stats()
		assert.Equal(t, size, stats.Open)
		assert.EqualValues(t, 2*size, stats.Opened)
	})
}

func TestWhoFindsNoFreeConnectionIsTold(t *testing.T) {
	whenReady(t, func(t *testing.T, s *server, p *Pool[*link]) {
		s.hang()
		for range size {
			go func() { _, _ = ask(p, 5*time.Second) }()
		}
		synctest.Wait()
		began := time.Now()
		_, err := ask(p, 5*time.Second)
		assert.ErrorIs(t, err, ErrBusy)
		assert.Equal(t, time.Second, time.Since(began))
		s.goOn()
		synctest.Wait()
	})
}

func TestAPanicEndsAConnectionAndNoMore(t *testing.T) {
	whenReady(t, func(t *testing.T, _ *server, p *Pool[*link]) {
		_, err := Do(t.Context(), p, func(*link) (int, error) { panic("oh") })
		assert.ErrorContains(t, err, "it panicked: oh")
		time.Sleep(time.Second)
		assert.Equal(t, size, p.Stats().Open)
		assert.EqualValues(t, size+1, p.Stats().Opened)
	})
}

func TestAfterCloseNothingIsDone(t *testing.T) {
	whenReady(t, func(t *testing.T, s *server, p *Pool[*link]) {
		s.hang()
		go func() { _, _ = ask(p, time.Minute) }()
		synctest.Wait()
		p.Close() // not for ever
		_, err := ask(p, time.Second)
		assert.ErrorIs(t, err, ErrClosed)
		assert.Zero(t, p.Stats().Open)
	})
}

func TestPausesDoubleAndVary(t *testing.T) {
	for failures, most := range []time.Duration{50, 50, 100, 200, 400, 800, 1600, 1600, 1600} {
		most *= time.Millisecond
		assert.Equal(t, most/2, Backoff(func() float64 { return 0 })(failures), failures)
		assert.Equal(t, most*3/4, Backoff(func() float64 { return 0.5 })(failures), failures)
	}
}
