package clusterimpl_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
)

// link is a client's connection that never makes a request twice.
type link struct {
	net.Conn
	in *bufio.Reader
}

func dial(c *clusterimpl.Cluster, timeout time.Duration) (*link, error) {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(c.URL(), "http://"), timeout)
	if err != nil {
		return nil, err
	}
	return &link{conn, bufio.NewReader(conn)}, nil
}

// get makes a request and returns the answer, which says whether the connection is kept.
func (l *link) get(path string, keep bool) (*http.Response, error) {
	closing := "Connection: close\r\n"
	if keep {
		closing = ""
	}
	_ = l.SetDeadline(time.Now().Add(hang)) // of a closed connection, the next line tells
	if _, err := io.WriteString(l, "GET "+path+" HTTP/1.1\r\nHost: x\r\n"+closing+"\r\n"); err != nil {
		return nil, err
	}
	r, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	return r, err
}

// ask makes a request and returns who answered, and whether the connection is kept.
func (l *link) ask(keep bool) (worker string, kept bool, err error) {
	r, err := l.get("/", keep)
	if err != nil {
		return "", false, err
	}
	return r.Header.Get("X-Worker"), !r.Close, nil
}

// dialAll makes so many connections, which end with the test.
func dialAll(t *testing.T, c *clusterimpl.Cluster, connections int) []*link {
	t.Helper()
	links := make([]*link, connections)
	for i := range links {
		var err error
		links[i], err = dial(c, hang)
		require.NoError(t, err)
		t.Cleanup(func() { links[i].Close() })
	}
	return links
}

// tally counts requests by worker.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (t *tally) add(worker string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[string]int{}
	}
	t.n[worker] += n
}

// jain is the index of evenness (Jain, Chiu, Hawe 1984): (Σx)² / (n·Σx²), in the range
// [1/n, 1], 1 when all have the same.
func (t *tally) jain(workers int) float64 {
	var sum, squares float64
	for _, n := range t.n {
		sum += float64(n)
		squares += float64(n) * float64(n)
	}
	return sum * sum / (float64(workers) * squares)
}

// drive makes requests over so many connections at a time and counts who answers.
func drive(c *clusterimpl.Cluster, requests, connections int, keep bool) (*tally, error) {
	var t tally
	var left atomic.Int64
	left.Store(int64(requests))
	errs := make([]error, connections)
	links := make([]*link, connections)
	for i := range links {
		if !keep {
			continue
		}
		var err error
		if links[i], err = dial(c, hang); err != nil {
			return nil, err
		}
		defer links[i].Close()
	}
	var clients sync.WaitGroup
	for i := range connections {
		clients.Go(func() {
			for errs[i] == nil && left.Add(-1) >= 0 {
				errs[i] = one(c, links[i], &t)
			}
		})
	}
	clients.Wait()
	return &t, errors.Join(errs...)
}

func one(c *clusterimpl.Cluster, kept *link, t *tally) error {
	l := kept
	if l == nil {
		var err error
		if l, err = dial(c, hang); err != nil {
			return err
		}
		defer l.Close()
	}
	worker, _, err := l.ask(kept != nil)
	t.add(worker, 1)
	return err
}

// TestConnectionsAreSpreadEvenly judges what the primary decides, and so nothing that
// depends on which process the machine lets run: connections stay open, and each makes
// the same number of requests. BenchmarkDistribution measures the rest: there a worker
// that gets less processor time closes connections later, and rightly gets fewer.
func TestConnectionsAreSpreadEvenly(t *testing.T) {
	const workers, each = 4, 120 // requests per worker
	for _, tt := range []struct {
		name     string
		requests int // per connection
	}{
		{"many connections with one request each", 1},
		{"few connections with many requests each", 15},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, fmt.Sprint("CLUSTER_WORKERS=", workers))
			var counts tally
			var clients sync.WaitGroup
			links := make([]*link, workers*each/tt.requests)
			errs := make([]error, len(links))
			for i := range links {
				clients.Go(func() {
					if links[i], errs[i] = dial(c, hang); errs[i] != nil {
						return
					}
					for n := 0; n < tt.requests && errs[i] == nil; n++ {
						var worker string
						worker, _, errs[i] = links[i].ask(true)
						counts.add(worker, 1)
					}
				})
			}
			clients.Wait()
			require.NoError(t, errors.Join(errs...))
			for _, l := range links {
				l.Close()
			}
			assert.Equal(t, map[string]int{"1": each, "2": each, "3": each, "4": each}, counts.n)
		})
	}
}

// TestNoAcceptedRequestIsLostByStopping stops a cluster under load. Clients go on until
// they are told that their connection closes, or nobody listens any more.
func TestNoAcceptedRequestIsLostByStopping(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  string
		keep bool
	}{
		{"kept connections, cluster", "CLUSTER_WORKERS=2", true},
		{"new connections, cluster", "CLUSTER_WORKERS=2", false},
		{"kept connections, inherited socket", "CLUSTER_DISTRIBUTION=inherited", true},
		{"new connections, inherited socket", "CLUSTER_DISTRIBUTION=inherited", false},
		{"kept connections, single process", "CLUSTER_MODE=false", true},
		{"new connections, single process", "CLUSTER_MODE=false", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, tt.env)
			var clients sync.WaitGroup
			var answered atomic.Int64
			var stopping atomic.Bool
			errs := make([]error, 16)
			for i := range errs {
				clients.Go(func() { errs[i] = untilClosed(c, tt.keep, &answered, &stopping) })
			}
			for answered.Load() < 500 { // the load is on
				time.Sleep(time.Millisecond)
			}
			stopping.Store(true)
			require.NoError(t, stop(c))
			clients.Wait()
			assert.NoError(t, errors.Join(errs...))
		})
	}
}

func untilClosed(c *clusterimpl.Cluster, keep bool, answered *atomic.Int64, stopping *atomic.Bool) error {
	// less than the second after which a client tries again that the kernel dropped
	const timeout = 200 * time.Millisecond
	for {
		l, err := dial(c, timeout)
		var failed net.Error
		if errors.As(err, &failed) && failed.Timeout() && !stopping.Load() {
			continue // the machine is slow
		}
		if errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &failed) && failed.Timeout() {
			return nil // nobody has accepted it
		}
		if err != nil {
			return err
		}
		for kept := true; kept; {
			if _, kept, err = l.ask(keep); err != nil {
				l.Close()
				return err
			}
			answered.Add(1)
		}
		l.Close()
	}
}
