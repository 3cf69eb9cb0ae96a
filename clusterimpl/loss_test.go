package clusterimpl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/internal/needs"
)

// load makes requests, with clients that never make one twice, until it is ended.
type load struct {
	answered []atomic.Int64 // by each client
	end      atomic.Bool
	clients  sync.WaitGroup
	mu       sync.Mutex
	failures []error
}

// startLoad starts so many clients that ask for a path; those that keep their
// connection want it kept.
func startLoad(c *clusterimpl.Cluster, path string, clients int, keep bool) *load {
	l := &load{answered: make([]atomic.Int64, clients)}
	for i := range l.answered {
		l.clients.Go(func() {
			for !l.end.Load() {
				if err := l.one(c, path, keep, &l.answered[i]); err != nil {
					l.mu.Lock()
					l.failures = append(l.failures, err)
					l.mu.Unlock()
				}
			}
		})
	}
	return l
}

// one is the life of a connection.
func (l *load) one(c *clusterimpl.Cluster, path string, keep bool, answered *atomic.Int64) error {
	link, err := dial(c, hang)
	if err != nil {
		return err
	}
	defer link.Close()
	for n := 0; !l.end.Load(); n++ {
		r, err := link.get(path, keep)
		switch {
		case err != nil:
			return fmt.Errorf("request %d of a connection: %w", n+1, err)
		case r.StatusCode == http.StatusServiceUnavailable && r.Header.Get("Retry-After") != "":
			// The host is too busy for the load, and the worker says so: an answer, and nothing is lost.
		case r.StatusCode != http.StatusOK:
			return fmt.Errorf("request %d of a connection: status %d", n+1, r.StatusCode)
		}
		answered.Add(1)
		if !keep {
			return nil
		}
		if r.Close {
			return fmt.Errorf("request %d of a connection: it was to be kept", n+1)
		}
	}
	return nil
}

// further waits until so many more requests were answered, and each that is under way now: one that a killed worker
// had is refused when the next worker is killed with it, too.
func (l *load) further(n int64) {
	before := make([]int64, len(l.answered))
	for i := range before {
		before[i] = l.answered[i].Load()
	}
	for !l.failed() {
		total, least := int64(0), n
		for i := range before {
			more := l.answered[i].Load() - before[i]
			total, least = total+more, min(least, more)
		}
		if total >= n && least > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (l *load) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.failures) > 0
}

// stop ends the load and returns what failed.
func (l *load) stop() error {
	l.end.Store(true)
	l.clients.Wait()
	return errors.Join(l.failures...)
}

// journaled skips a test where connections cannot be handed on.
func journaled(t *testing.T) {
	t.Helper()
	if mode, err := handover.Best(); mode != handover.Journal {
		needs.Absent(t, "journal", "", fmt.Sprintf("connections cannot be handed on: %v", err))
	}
}

// TestNoRequestIsLost disturbs a cluster under load, each in the ways that it must
// stand. Clients make no request twice.
func TestNoRequestIsLost(t *testing.T) {
	journaled(t)
	worker := func(c *clusterimpl.Cluster, n int) int {
		for {
			if all := c.Processes(); len(all) == 4 { // a primary and three workers
				return all[1+n%3].PID
			}
			time.Sleep(time.Millisecond)
		}
	}
	replaced := func(sig syscall.Signal) func(*testing.T, *clusterimpl.Cluster, int) {
		return func(t *testing.T, c *clusterimpl.Cluster, n int) {
			require.NoError(t, syscall.Kill(worker(c, n), sig))
			require.Eventually(t, func() bool { return c.Restarts() == n+1 }, hang, time.Millisecond)
		}
	}
	for _, tt := range []struct {
		name    string
		times   int
		disturb func(t *testing.T, c *clusterimpl.Cluster, n int)
	}{
		{"kill", 12, replaced(syscall.SIGKILL)},
		{"stop", 1, replaced(syscall.SIGSTOP)},
		{"a worker is told to end", 5, replaced(syscall.SIGTERM)},
		{"reload", 3, func(t *testing.T, c *clusterimpl.Cluster, _ int) {
			require.NoError(t, c.Reload(t.Context()))
		}},
		{"reload, of a worker that is stopped", 1, func(t *testing.T, c *clusterimpl.Cluster, n int) {
			require.NoError(t, syscall.Kill(worker(c, n), syscall.SIGSTOP))
			require.NoError(t, c.Reload(t.Context()))
			for _, e := range c.Events() { // nobody waits as long as a worker may take to drain
				assert.NotContains(t, e.String(), "not drained")
			}
		}},
		{"scale", 4, func(t *testing.T, c *clusterimpl.Cluster, n int) {
			require.NoError(t, c.Scale(t.Context(), []int{6, 1, 4, 3}[n]))
		}},
	} {
		for _, keep := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/keep=%t", tt.name, keep), func(t *testing.T) {
				t.Parallel()
				c := start(t, "CLUSTER_WORKERS=3", "RESPAWN_LIMIT=100")
				l := startLoad(c, "/slow?for=5ms", 24, keep)
				for n := range tt.times {
					l.further(100)
					tt.disturb(t, c, n)
				}
				l.further(200)
				assert.NoError(t, l.stop())
			})
		}
	}
}

// TestIdleConnectionsOutliveTheirWorkers holds connections that are used once before
// and once after all workers have been replaced.
func TestIdleConnectionsOutliveTheirWorkers(t *testing.T) {
	journaled(t)
	for name, replace := range map[string]func(*testing.T, *clusterimpl.Cluster){
		"kill": func(t *testing.T, c *clusterimpl.Cluster) {
			for n, p := range c.Processes()[1:] {
				require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
				require.Eventually(t, func() bool { return c.Restarts() == n+1 }, hang, time.Millisecond)
			}
		},
		"kill all at once": func(t *testing.T, c *clusterimpl.Cluster) {
			for _, p := range c.Processes()[1:] {
				require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
			}
		},
		"reload": func(t *testing.T, c *clusterimpl.Cluster) { require.NoError(t, c.Reload(t.Context())) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, "CLUSTER_WORKERS=2")
			links := dialAll(t, c, 300)
			for _, l := range links {
				_, kept, err := l.ask(true)
				require.NoError(t, err)
				require.True(t, kept)
			}
			replace(t, c)
			for i, l := range links {
				r, err := l.get("/", true)
				require.NoError(t, err, "connection %d", i)
				assert.Equal(t, http.StatusOK, r.StatusCode)
				assert.False(t, r.Close)
			}
		})
	}
}

// TestARequestThatMayNotBeRepeatedIsCarriedOutOnce kills workers while requests write
// their number into a file.
func TestARequestThatMayNotBeRepeatedIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	journaled(t)
	c := start(t, "CLUSTER_WORKERS=2", "RESPAWN_LIMIT=100")
	file := filepath.Join(t.TempDir(), "count")
	var clients sync.WaitGroup
	var end, failed atomic.Bool
	var next, answered atomic.Int64
	var mu sync.Mutex
	statuses, acknowledged := map[int]int{}, map[string]bool{}
	keep := func(id string, status int) {
		mu.Lock()
		defer mu.Unlock()
		statuses[status]++
		acknowledged[id] = status == http.StatusOK
	}
	errs := make([]error, 8)
	for i := range errs {
		clients.Go(func() {
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}, Timeout: hang}
			defer client.CloseIdleConnections()
			for !end.Load() && errs[i] == nil {
				id := fmt.Sprint(next.Add(1))
				r, err := client.Post(c.URL()+"/count?id="+id+"&in="+file, "text/plain", strings.NewReader("hello"))
				if err != nil {
					errs[i] = err
					failed.Store(true)
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				r.Body.Close()
				keep(id, r.StatusCode)
				answered.Add(1)
			}
		})
	}
	for n := range 10 {
		for until := answered.Load() + 10; answered.Load() < until && !failed.Load(); {
			time.Sleep(time.Millisecond)
		}
		for len(c.Processes()) < 3 {
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, syscall.Kill(c.Processes()[1+n%2].PID, syscall.SIGKILL))
		require.Eventually(t, func() bool { return c.Restarts() == n+1 }, hang, time.Millisecond)
	}
	end.Store(true)
	clients.Wait()
	require.NoError(t, errors.Join(errs...), "every request gets an answer")
	for status := range statuses {
		assert.Contains(t, []int{http.StatusOK, http.StatusBadGateway}, status)
	}
	assertCarriedOut(t, file, acknowledged)
}

// assertCarriedOut checks that each request whose number is in a file is there once, and that each that was
// acknowledged is.
func assertCarriedOut(t *testing.T, file string, acknowledged map[string]bool) {
	t.Helper()
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	times := map[string]int{}
	for id := range strings.Lines(string(written)) {
		times[strings.TrimSpace(id)]++
	}
	for id, n := range times {
		assert.Equal(t, 1, n, "request %s", id)
	}
	for id, ok := range acknowledged {
		assert.False(t, ok && times[id] == 0, "request %s was acknowledged and not carried out", id)
	}
}

// TestAPoisonousRequestEndsNotAllWorkers sends one while others are under way.
func TestAPoisonousRequestEndsNotAllWorkers(t *testing.T) {
	t.Parallel()
	journaled(t)
	c := start(t, "CLUSTER_WORKERS=4")
	l := startLoad(c, "/slow?for=5ms", 16, true)
	l.further(100)
	r, _, err := get(t, c.URL()+"/exit?code=7")
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadGateway, r.StatusCode)
	l.further(100)
	l.end.Store(true)
	l.clients.Wait()
	ended := c.Restarts()
	assert.GreaterOrEqual(t, ended, 1)
	assert.LessOrEqual(t, ended, 2, "it is made again once at most")
}

func TestConnectionsThatStayAreSharedOutAgain(t *testing.T) {
	t.Parallel()
	journaled(t)
	const connections = 40
	c := start(t, "CLUSTER_WORKERS=4")
	links := dialAll(t, c, connections)
	for _, n := range []int{1, 4} {
		require.NoError(t, c.Scale(t.Context(), n))
		require.Eventually(t, func() bool {
			counts := map[string]int{}
			for _, l := range links {
				worker, kept, err := l.ask(true)
				require.NoError(t, err)
				require.True(t, kept)
				counts[worker]++
			}
			if len(counts) != n {
				return false
			}
			for _, count := range counts {
				if count != connections/n {
					return false
				}
			}
			return true
		}, hang, 10*time.Millisecond)
	}
}

func TestCommandsThatCannotBeCarriedOut(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=2")
	assert.ErrorContains(t, c.Scale(t.Context(), 0), "0 workers are not possible: want 1 to 256")
	assert.ErrorContains(t, c.Scale(t.Context(), 257), "want 1 to 256")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, c.Reload(ctx), context.Canceled)
}

func TestASingleProcessTakesNoCommands(t *testing.T) {
	t.Parallel()
	single := start(t, "CLUSTER_MODE=false")
	assert.ErrorContains(t, single.Reload(t.Context()), "a single process has no workers")
	require.NoError(t, stop(single))
	assert.ErrorContains(t, single.Reload(t.Context()), "reload the cluster")
}

// TestChaos disturbs a cluster in all ways in turn, by a seeded die.
func TestChaos(t *testing.T) {
	t.Parallel()
	journaled(t)
	c := start(t, "CLUSTER_WORKERS=3", "RESPAWN_LIMIT=1000", "CLUSTER_DISTRIBUTION="+string(config.Journal))
	kept, fresh := startLoad(c, "/slow?for=3ms", 12, true), startLoad(c, "/", 4, false)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 25 {
		kept.further(20)
		fresh.further(20)
		switch all := c.Processes(); rng.IntN(4) {
		case 0:
			if len(all) > 2 { // not the last
				victim := all[1+rng.IntN(len(all)-1)].PID
				_ = syscall.Kill(victim, syscall.SIGKILL)
				// Until it has ended it may still answer, and take the next request of the same client.
				require.Eventually(t, func() bool { return !runs(c, victim) }, hang, time.Millisecond)
			}
		case 1:
			if len(all) > 1 {
				_ = syscall.Kill(all[1+rng.IntN(len(all)-1)].PID, syscall.SIGTERM)
			}
		case 2:
			require.NoError(t, c.Reload(t.Context()))
		case 3:
			require.NoError(t, c.Scale(t.Context(), 2+rng.IntN(4)))
		}
	}
	assert.NoError(t, kept.stop())
	assert.NoError(t, fresh.stop())
}

// runs says whether the cluster has a process of that number.
func runs(c *clusterimpl.Cluster, pid int) bool {
	return slices.ContainsFunc(c.Processes(), func(p clusterimpl.Process) bool { return p.PID == pid })
}
