package faults

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// spike makes the samples of a system that answers 1,000 requests a second within 5 ms, but for
// those that come before it is well again, which take longer or fail.
func spike(ends, well time.Duration, slow time.Duration, err error) *overloaded {
	o := &overloaded{}
	for at := ends; at < ends+5*time.Second; at += time.Millisecond {
		s := measure.Sample{Scheduled: at, Done: at + 5*time.Millisecond}
		if at < well {
			s.Done, s.Err = at+slow, err
		}
		o.add(s)
	}
	return o
}

func TestRecoveryIsWhenASecondOfRequestsIsNormal(t *testing.T) {
	const ends, bound = 5 * time.Second, 10 * time.Millisecond
	failed := errors.New("503")
	for _, row := range []struct {
		what       string
		well, slow time.Duration
		err        error
		want       time.Duration
	}{
		{"at once", ends, 0, nil, 0},
		{"slow for 700 ms", ends + 700*time.Millisecond, time.Second, nil, 700 * time.Millisecond},
		{"refused for 1.5 s", ends + 1500*time.Millisecond, time.Millisecond, failed, 1500 * time.Millisecond},
		{"slow for ever", ends + time.Hour, time.Second, nil, 5 * time.Second},
	} {
		got := spike(ends, row.well, row.slow, row.err).normalAgain(ends, ends+5*time.Second, bound)
		assert.InDelta(t, row.want, got, float64(stride), row.what) // one in a hundred may still be slow
	}
	assert.Equal(t, 5*time.Second, (&overloaded{}).normalAgain(ends, ends+5*time.Second, bound), "no request at all")
}

// modelled is a cluster of 1,000 requests a second that answers within 5 ms. When more is asked of it
// it answers 900 a second and refuses the rest. Then it refuses all for a while.
type modelled struct {
	lags     time.Duration // how long it refuses all
	asked    []string      // the steps so far
	attempts uint64        // to connect to its database
}

func (m *modelled) connects() (connects, error) {
	return connects{1: {size: 4, attempts: m.attempts}}, nil
}

func (m *modelled) saturate(_ course, when string) (rate float64, refused int64, err error) {
	m.asked = append(m.asked, "saturate "+when)
	return 1000, 3, nil
}

func (m *modelled) offer(o *overloaded, warmup time.Duration, pieces ...load.Piece) (*measure.Window, error) {
	start, ill, asked, good := time.Duration(0), time.Duration(0), 0, 0
	for i, p := range pieces {
		m.asked = append(m.asked, fmt.Sprintf("%v x %.0f", p.Length, p.From))
		if i == 0 {
			p.Length += warmup
		}
		if p.From > 1000 {
			ill = start + p.Length + m.lags
		}
		for at := start; at < start+p.Length; at += time.Duration(float64(time.Second) / p.From) {
			s := measure.Sample{Scheduled: at, Done: at + 5*time.Millisecond}
			asked++
			beyond := asked*900/int(p.From) == (asked-1)*900/int(p.From)
			if at < ill && (beyond || p.From <= 1000) {
				s.Err, s.Status = errors.New("503"), http.StatusServiceUnavailable
			} else if at >= warmup {
				good++
			}
			o.add(s)
		}
		start += p.Length
	}
	m.attempts++
	return &measure.Window{Start: warmup, End: start, Completed: uint64(good), Succeeded: uint64(good)}, nil
}

func TestAnOverloadIsSeenThrough(t *testing.T) {
	f := &fault{ctx: t.Context(), clock: wall{time.Now()}, values: map[string]float64{}, unloaded: make(chan struct{})}
	close(f.unloaded)
	m := &modelled{lags: 700 * time.Millisecond}
	require.NoError(t, theCourse.take(f, m))
	assert.Equal(t, []string{
		"saturate before", "3s x 500", "3s x 2000", "saturate after", "5s x 3000", "5s x 500",
	}, m.asked)
	assert.InDelta(t, 90, f.values["goodput_share"], 0.1, "%q", f.seen)
	assert.InDelta(t, 700, f.values["recovery_p99"], milliseconds(stride))
	assert.EqualValues(t, 3, f.values["connects"])
	assert.Len(t, f.seen, 7)
}

// slow is a modelled cluster which does not do what it did before.
type slow struct{ modelled }

func (s *slow) offer(o *overloaded, warmup time.Duration, _ ...load.Piece) (*measure.Window, error) {
	o.add(measure.Sample{Scheduled: warmup, Err: errors.New("503"), Status: http.StatusServiceUnavailable})
	return &measure.Window{Start: warmup, End: warmup + time.Second}, nil
}

func TestAnOverloadNeedsAClusterThatDoesHalfOfItsCapacity(t *testing.T) {
	f := &fault{ctx: t.Context(), clock: wall{time.Now()}, values: map[string]float64{}, unloaded: make(chan struct{})}
	close(f.unloaded)
	assert.ErrorContains(t, theCourse.take(f, &slow{}),
		"half of the capacity is more than the cluster can do: of all requests, 0 were answered well, 1 refused (503)")
	assert.Empty(t, f.values)
}

// Each step reaches a real cluster. How well that answers depends on the machine, and is not asked here.
func TestTheStepsOfAnOverloadReachTheCluster(t *testing.T) {
	f := &fault{
		Target: Target{Cluster: start(t, 2), Dataset: data, Mix: []traffic.Share{{Operation: "risk", Share: 1}}},
		spec: run.DisturbSpec{
			Kind: suite.DisturbOverload, Phase: suite.Phase{Number: 37, Workers: 2}, Origin: time.Now(),
		},
		ctx: t.Context(), clock: wall{time.Now()}, values: map[string]float64{},
	}
	_, err := f.connects()
	require.NoError(t, err)
	o := &overloaded{}
	_, err = f.offer(o, 100*time.Millisecond, load.Piece{Length: 200 * time.Millisecond, From: 100, To: 100})
	require.NoError(t, err)
	assert.Len(t, o.all, 30, "each request of the schedule, and of the start before it: %s", o.outcomes())
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	f.ctx = interrupted
	_, _, err = f.saturate(theCourse, "before")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestGoodAnswersOfUsersAreCountedOnceTheStartIsOver(t *testing.T) {
	for _, row := range []struct {
		from time.Time
		want int64
	}{{time.Time{}, 5}, {time.Now().Add(time.Hour), 0}} {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		u := &users{client: http.DefaultClient, from: row.from}
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if asked++; asked > 5 {
				cancel()
				<-ctx.Done()
			}
		}))
		u.base, u.next = server.URL, func() *traffic.Request {
			return &traffic.Request{
				Method: http.MethodGet, Path: "/",
				Check: func(int, http.Header, []byte) error { return ctx.Err() },
			}
		}
		u.ask(ctx)
		server.Close()
		assert.Equal(t, row.want, u.good.Load())
	}
}

func TestUsersWhoAreRefusedComeBackWhenTheyAreTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
			time.AfterFunc(50*time.Millisecond, cancel)
		}
	}))
	defer server.Close()
	u := &users{client: server.Client(), base: server.URL, next: func() *traffic.Request {
		return &traffic.Request{
			Method: http.MethodGet, Path: "/", Check: func(int, http.Header, []byte) error { return nil },
		}
	}}
	u.ask(ctx)
	assert.EqualValues(t, 2, asked.Load())
	assert.EqualValues(t, 1, u.refused.Load(), "the first was not told when to come back")
	assert.Zero(t, u.good.Load())
}

func TestATimeToComeBackIsWithinADay(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "3": 3 * time.Second, "86401": longestRetry, "9300000000": longestRetry,
		"9223372036854775807": longestRetry, "99999999999999999999": longestRetry,
	} {
		assert.Equal(t, want, retryAfter(text), text)
	}
}

func TestWhatIsNormalIsTheHighestOfAnySecond(t *testing.T) {
	const begins = 5 * time.Second
	v, ok := spike(begins, begins+700*time.Millisecond, 30*time.Millisecond, nil).highest(begins, begins+3*time.Second)
	assert.True(t, ok)
	assert.Equal(t, 30*time.Millisecond, v)
	v, _ = spike(begins, begins+700*time.Millisecond, 30*time.Millisecond, nil).highest(begins+time.Second,
		begins+3*time.Second)
	assert.Equal(t, 5*time.Millisecond, v)
	_, ok = spike(begins, begins+700*time.Millisecond, 0, errors.New("503")).highest(begins, begins+3*time.Second)
	assert.False(t, ok)
}

func TestARequestThatFailsTookForEver(t *testing.T) {
	o := &overloaded{}
	for i := range 200 {
		o.add(measure.Sample{Scheduled: time.Duration(i), Done: time.Duration(i) + time.Millisecond})
	}
	o.add(measure.Sample{Scheduled: 300, Unsent: true})
	o.add(measure.Sample{Scheduled: 300, Err: errors.New("503")})
	v, ok := o.p99(0, 301)
	assert.True(t, ok)
	assert.Equal(t, time.Millisecond, v, "2 of 202 are within the hundredth part")
	o.add(measure.Sample{Scheduled: 300, Err: errors.New("503")})
	_, ok = o.p99(0, 301)
	assert.False(t, ok)
	_, ok = o.p99(400, 500)
	assert.False(t, ok, "nothing was asked")
}

func TestWrongAnswersUnderOverloadAreToldOneByOne(t *testing.T) {
	o := &overloaded{}
	o.add(measure.Sample{Err: errors.New("status 503"), Status: 503})
	for range wrongKept + 1 {
		o.add(measure.Sample{
			Scheduled: 2 * time.Second, Done: 2500 * time.Millisecond, Endpoint: "risk", Worker: "4", Status: 500,
			Err: errors.New("status 500"),
		})
	}
	assert.Equal(t, "0 were answered well, 1 refused (503), 0 not answered in time, 4 answered wrongly"+
		strings.Repeat("; risk at 2.000 s after 500.0 ms, worker 4: status 500", wrongKept), o.outcomes())
}

func TestConnectionsOfReplacedWorkersAreNotCounted(t *testing.T) {
	before := connects{1: {size: 5, attempts: 5}, 2: {size: 5, attempts: 6}}
	assert.Zero(t, before.since(before))
	assert.Equal(t, 10, before.size())
	now := connects{1: {size: 5, attempts: 7}, 3: {size: 5, attempts: 5}}
	assert.Equal(t, 2, now.since(before), "worker 3 took the place of 2, and filled its pool")
	now[3] = connected{size: 5, attempts: 9}
	assert.Equal(t, 6, now.since(before))
}
