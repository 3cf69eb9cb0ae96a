package admission

import (
	"math"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
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

// worker does one request after the other, each for a while.
type worker struct {
	gate    *Gate
	takes   time.Duration
	cpu     chan struct{} // its only processor; holds a token while it is taken
	slowest time.Duration
	done    atomic.Int64
	clients sync.WaitGroup
}

// offer sends requests at a rate (per second) for a time, as from an open system.
func (w *worker) offer(rate int, lasts time.Duration) {
	for range int(lasts.Seconds() * float64(rate)) {
		w.clients.Go(func() {
			came := time.Now()
			if !w.gate.Enter() {
				return
			}
			defer w.gate.Leave()
			w.cpu <- struct{}{}
			defer func() { <-w.cpu }()
			time.Sleep(w.takes)
			w.done.Add(1)
			w.slowest = max(w.slowest, time.Since(came))
		})
		time.Sleep(time.Second / time.Duration(rate))
	}
}

// always is a host without a processor to spare.
func always() bool { return true }

func TestUnderOverloadWhatIsServedIsInTimeAndAsMuchAsWithout(t *testing.T) {
	for _, times := range []int{2, 3, 10} {
		synctest.Test(t, func(t *testing.T) {
			// capacity: 500 a second
			w := &worker{
				cpu: make(chan struct{}, 1), gate: NewGate(Config{Starved: always}), takes: 2 * time.Millisecond,
			}
			w.offer(500*times, 5*time.Second)
			inTime := w.done.Load()
			w.clients.Wait()
			assert.GreaterOrEqual(t, inTime, int64(0.95*5*500))
			assert.Less(t, w.slowest, time.Second, "%d times the capacity", times)
			assert.InDelta(t, 5*500*(times-1), w.gate.Refused(), 0.1*5*500)

			before := w.gate.Refused()
			w.slowest = 0
			time.Sleep(100 * time.Millisecond)
			w.offer(250, 5*time.Second)
			w.clients.Wait()
			assert.Equal(t, before, w.gate.Refused(), "nothing is refused once it is over")
			assert.LessOrEqual(t, w.slowest, 3*time.Millisecond)
		})
	}
}

func TestWhileRequestsAreRefusedTheQueueIsShort(t *testing.T) {
	for _, takes := range []time.Duration{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			w := &worker{cpu: make(chan struct{}, 1), gate: NewGate(Config{Starved: always}), takes: takes}
			capacity := int(time.Second / takes)
			w.offer(2*capacity, 2*time.Second)
			w.clients.Wait()
			assert.Greater(t, w.slowest, 200*time.Millisecond, "it was longer before anything was refused")
			w.slowest = 0
			before := w.done.Load()
			w.offer(2*capacity, 5*time.Second)
			done := w.done.Load() - before
			w.clients.Wait()
			assert.LessOrEqual(t, w.slowest, defaultTarget+2*takes)
			assert.InDelta(t, 5*capacity, done, 0.02*5*float64(capacity), "and the processor was never idle")
		})
	}
}

func TestNothingIsRefusedBelowCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &worker{cpu: make(chan struct{}, 1), gate: NewGate(Config{Starved: always}), takes: 2 * time.Millisecond}
		w.offer(480, 20*time.Second)
		w.clients.Wait()
		assert.Zero(t, w.gate.Refused())
	})
}

func TestAMomentInWhichNothingIsDoneIsNoOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &worker{cpu: make(chan struct{}, 1), gate: NewGate(Config{Starved: always}), takes: 500 * time.Microsecond}
		for range 10 {
			w.clients.Go(func() { w.offer(600, 2*time.Second) })
			time.Sleep(time.Second)
			w.cpu <- struct{}{} // the host does something else
			time.Sleep(90 * time.Millisecond)
			<-w.cpu
			time.Sleep(3 * time.Second)
		}
		w.clients.Wait()
		assert.Zero(t, w.gate.Refused())
	})
}

func TestRequestsThatWaitForSomethingElseAreNoOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(Config{Starved: func() bool { return false }})
		var clients sync.WaitGroup
		for range 1000 {
			clients.Go(func() {
				assert.True(t, g.Enter())
				defer g.Leave()
				time.Sleep(3 * time.Second) // a client that sends its body slowly
			})
			time.Sleep(10 * time.Millisecond)
		}
		clients.Wait()
		assert.Zero(t, g.Refused())
	})
}

func TestGoroutinesThatWaitForAProcessorAreSeen(t *testing.T) {
	h := &metrics.Float64Histogram{
		Buckets: []float64{math.Inf(-1), 0, 0.001, 0.010, 0.1, math.Inf(1)},
		Counts:  []uint64{0, 100, 50, 7, 3},
	}
	all, long := waits(h, make([]uint64, 5))
	assert.EqualValues(t, 160, all)
	assert.EqualValues(t, 10, long)
	all, long = waits(h, []uint64{0, 60, 50, 7, 2})
	assert.EqualValues(t, 41, all)
	assert.EqualValues(t, 1, long)

	var s scheduler
	assert.False(t, s.starved(), "there is nothing to compare with")
	assert.NotNil(t, s.before)
}

func TestTooFewWaitsChangeNothing(t *testing.T) {
	h := &metrics.Float64Histogram{Buckets: []float64{0, 0.010, math.Inf(1)}, Counts: []uint64{100, 0}}
	now := time.Now()
	var s scheduler
	told := func(short, long uint64, later time.Duration) bool {
		h.Counts[0], h.Counts[1], now = h.Counts[0]+short, h.Counts[1]+long, now.Add(later)
		return s.judge(h, now)
	}
	assert.False(t, told(0, 0, 0), "there is nothing to compare with")
	assert.False(t, told(2, 2, 20*time.Millisecond))
	assert.False(t, told(2, 1, 20*time.Millisecond))
	assert.True(t, told(0, 1, 20*time.Millisecond), "4 of 8 since the beginning")
	assert.True(t, told(7, 0, 20*time.Millisecond))
	assert.True(t, told(0, 0, 20*time.Millisecond), "a moment without any says nothing")
	assert.False(t, told(1, 0, 20*time.Millisecond), "none of 8")
	assert.True(t, told(4, 4, 20*time.Millisecond))
	assert.True(t, told(2, 0, 20*time.Millisecond))
	assert.False(t, told(1, 0, enoughTime), "no more came, and none was long")
	assert.True(t, told(4, 4, 20*time.Millisecond))
	assert.False(t, told(0, 0, enoughTime), "no goroutine waited")
	assert.False(t, told(4, 4, 2*time.Second), "that may have been long ago")
}

func TestWhatIsRefusedIsToldWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(Config{Bound: time.Millisecond, Interval: time.Millisecond, Starved: always})
		released := make(chan struct{})
		server := g.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released }))
		ask := func() *httptest.ResponseRecorder {
			answer := httptest.NewRecorder()
			server.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
			return answer
		}
		for range few {
			go ask()
		}
		synctest.Wait()
		g.mu.Lock()
		g.between, g.over = time.Hour, time.Now().Add(-time.Hour)
		g.mu.Unlock()
		answer := ask()
		require.Equal(t, http.StatusServiceUnavailable, answer.Code)
		assert.Equal(t, "1", answer.Header().Get("Retry-After"))
		assert.JSONEq(t, `{"error":"more is asked of this worker than it can do in time"}`, answer.Body.String())
		assert.EqualValues(t, 1, g.Refused())
		close(released)
		synctest.Wait()
		assert.Equal(t, http.StatusOK, ask().Code)
	})
}
