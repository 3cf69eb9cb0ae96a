package faults

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
)

// perWorker is how many users keep a worker busy when the capacity is looked for, each with
// the next request as soon as the one before is answered.
const perWorker = 8

// users ask on and on. Who is refused comes back when the answer says: users who did so at once
// would have the cluster refuse them for as long as they ask, and what that costs would be missing
// from the capacity.
type users struct {
	client *http.Client
	base   string
	from   time.Time // good answers are counted that come later

	mu      sync.Mutex // of next
	next    func() *traffic.Request
	good    atomic.Int64
	refused atomic.Int64 // all of them
}

// saturate finds the capacity: the good answers a second that a fixed number of users get who
// ask on and on. What they ask for depends on when that is: nothing is asked for twice.
func (f *fault) saturate(s course, when string) (rate float64, refused int64, err error) {
	source, err := f.requests("saturate " + when)
	if err != nil {
		return 0, 0, err
	}
	ctx, cancel := context.WithTimeout(f.ctx, s.settling+s.saturation)
	defer cancel()
	count := perWorker * f.spec.Phase.Workers
	transport := &http.Transport{MaxIdleConnsPerHost: count, DisableCompression: true}
	defer transport.CloseIdleConnections()
	u := &users{
		client: &http.Client{Transport: transport}, base: f.Cluster.URL(), from: time.Now().Add(s.settling),
		next: source.Next,
	}
	var all sync.WaitGroup
	for range count {
		all.Go(func() { u.ask(ctx) })
	}
	all.Wait()
	if f.ctx.Err() != nil {
		return 0, 0, f.ctx.Err()
	}
	if u.good.Load() == 0 {
		return 0, 0, errors.New("no request was answered well")
	}
	return float64(u.good.Load()) / s.saturation.Seconds(), u.refused.Load(), nil
}

// ask is what one user does.
func (u *users) ask(ctx context.Context) {
	for ctx.Err() == nil {
		u.mu.Lock()
		r := u.next()
		u.mu.Unlock()
		ok, later := u.send(ctx, r)
		switch {
		case ok && !time.Now().Before(u.from):
			u.good.Add(1)
		case later > 0:
			u.refused.Add(1)
			_ = pause(ctx, later) // it fails when there is no time left to ask
		}
	}
}

// send sends a request, and tells whether its answer is as it must be and, if it was refused,
// after which time it may be sent again.
func (u *users) send(ctx context.Context, r *traffic.Request) (ok bool, later time.Duration) {
	request, err := http.NewRequestWithContext(ctx, r.Method, u.base+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return false, 0
	}
	request.Header = r.Header.Clone()
	answer, err := u.client.Do(request)
	if err != nil {
		return false, 0
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return false, 0
	}
	if answer.StatusCode == http.StatusServiceUnavailable {
		return false, retryAfter(answer.Header.Get("Retry-After"))
	}
	return r.Check(answer.StatusCode, answer.Header, body) == nil, 0
}

// longestRetry is the longest time after which a user comes back: no overload lasts as long.
const longestRetry = 24 * time.Hour

// retryAfter is the time that a header field names, in the range [0, longestRetry]; 0 when it is none in seconds.
func retryAfter(text string) time.Duration {
	seconds, _ := strconv.Atoi(text) // the nearest number there is, of one that is too large
	return time.Duration(min(max(0, seconds), int(longestRetry/time.Second))) * time.Second
}
