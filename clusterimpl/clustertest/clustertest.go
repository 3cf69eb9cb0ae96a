// Package clustertest is what every system that is driven has to pass: it is ready
// when it says so, names its workers, tells its health, survives the loss of a worker
// and stops without losing a request or leaving a process behind.
package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// System is a system under test.
type System struct {
	// Workers is the number of worker processes; 1 without clustering.
	Workers int
	// Clustered says whether failed workers are replaced.
	Clustered bool
	// Start starts the system on a port, 0 for a free one, and returns when it is ready.
	Start func(ctx context.Context, port int, log io.Writer) (Instance, error)
	// Path is answered with 200 by the application.
	Path string
	// Slow is too, but takes a noticeable time; "" if there is no such path.
	Slow string
	// Lacks names the checks that the system is known not to pass, each with what it lacks: they
	// are skipped and say so.
	Lacks map[Check]string
}

// Check is one of the suite, as it is called in the test's output.
type Check string

// The checks.
const (
	Answers Check = "answers as soon as it is started"
	Health  Check = "tells its health in the documented shape"
	Workers Check = "reports every worker"
	Reached Check = "every worker answers and names itself"
	Killed  Check = "a killed worker is replaced and service goes on"
	Stops   Check = "stops without losing a request or leaving a process"
	Taken   Check = "fails clearly when the port is taken"
)

// Instance is a started system.
type Instance interface {
	URL() string
	Workers() []int // pids of the worker processes, in any order
	Others() []int  // pids of its other processes
	Stop(ctx context.Context) error
}

// hang is how long anything may take before the test gives up. Nothing is judged by it.
const hang = 5 * time.Minute

// Run runs the suite.
func Run(t *testing.T, s System) {
	for _, c := range []struct {
		Check
		run func(*testing.T)
	}{
		{Answers, s.answers}, {Health, s.health}, {Workers, s.workers}, {Reached, s.reached}, {Killed, s.killed},
		{Stops, s.stops}, {Taken, s.taken},
	} {
		t.Run(string(c.Check), func(t *testing.T) {
			if what, lacks := s.Lacks[c.Check]; lacks {
				t.Skipf("the system lacks it: %s", what)
			}
			t.Parallel()
			c.run(t)
		})
	}
}

func (s System) start(t *testing.T) Instance {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	i, err := s.Start(ctx, 0, t.Output())
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		assert.NoError(t, i.Stop(ctx))
	})
	return i
}

// client makes every request over a connection of its own, and never twice.
func client(t *testing.T) *http.Client {
	c := &http.Client{Timeout: hang, Transport: &http.Transport{DisableKeepAlives: true}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(c *http.Client, url string) (status int, header http.Header, body []byte, err error) {
	r, err := c.Get(url)
	if err != nil {
		return 0, nil, nil, err
	}
	defer r.Body.Close()
	body, err = io.ReadAll(r.Body)
	return r.StatusCode, r.Header, body, err
}

func (s System) answers(t *testing.T) {
	i := s.start(t)
	status, _, _, err := get(client(t), i.URL()+s.Path)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	u, err := url.Parse(i.URL())
	require.NoError(t, err)
	assert.NotEqual(t, "0", u.Port(), "port 0 takes a free one")
	assert.Len(t, i.Workers(), s.Workers)
}

func (s System) health(t *testing.T) {
	i := s.start(t)
	status, header, body, err := get(client(t), i.URL()+"/health")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, header.Get("Content-Type"), "application/json")
	var doc map[string]any
	require.NoError(t, json.Unmarshal(body, &doc), "%s", body)
	assert.Equal(t, "healthy", doc["status"])
	cluster, _ := doc["cluster"].(map[string]any)
	require.NotNil(t, cluster, "%s", body)
	assert.Equal(t, s.Clustered, cluster["mode"])
	assert.EqualValues(t, s.Workers, cluster["workers"])
	assert.EqualValues(t, s.Workers, cluster["active"])
	memory, _ := cluster["memory"].(map[string]any)
	for _, name := range []string{"total", "used"} {
		text, _ := memory[name].(string)
		number, ok := strings.CutSuffix(text, "MB")
		n, err := strconv.Atoi(number)
		assert.True(t, ok && err == nil && n > 0, "memory.%s is %q, want e.g. \"2048MB\"", name, text)
	}
}

func (s System) workers(t *testing.T) {
	i := s.start(t)
	status, _, body, err := get(client(t), i.URL()+"/health/workers")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	var doc struct {
		Workers []struct {
			PID   int
			State string
		}
	}
	require.NoError(t, json.Unmarshal(body, &doc), "%s", body)
	var pids []int
	for _, w := range doc.Workers {
		pids = append(pids, w.PID)
		assert.Equal(t, "ready", w.State)
	}
	assert.ElementsMatch(t, i.Workers(), pids)
}

func (s System) reached(t *testing.T) {
	i := s.start(t)
	seen, missing := s.seen(t, i.URL()), []string{}
	for n := 1; n <= s.Workers; n++ {
		if !seen[strconv.Itoa(n)] {
			missing = append(missing, strconv.Itoa(n))
		}
	}
	assert.Empty(t, missing, "workers that did not answer; seen: %v", seen)
	assert.Len(t, seen, s.Workers, "names beside 1 to %d: %v", s.Workers, seen)
}

// seen asks until every worker has answered, or many more requests were made than
// that should take.
func (s System) seen(t *testing.T, url string) map[string]bool {
	c, seen := client(t), map[string]bool{}
	for n := 0; n < 100*s.Workers && len(seen) < s.Workers; n++ {
		status, header, _, err := get(c, url+s.Path)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		seen[header.Get("X-Worker")] = true
	}
	return seen
}

func (s System) killed(t *testing.T) {
	if !s.Clustered {
		t.Skip("one process: nobody is there to replace it")
	}
	i := s.start(t)
	before := i.Workers()
	victim := before[0]
	require.NoError(t, syscall.Kill(victim, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		now := i.Workers()
		return len(now) == s.Workers && fmt.Sprint(now) != fmt.Sprint(before)
	}, hang, time.Millisecond, "full strength again, with another process")
	assert.NotContains(t, i.Workers(), victim)
	require.Eventually(t, func() bool {
		_, _, body, err := get(client(t), i.URL()+"/health")
		return err == nil && strings.Contains(string(body), `"healthy"`)
	}, hang, 5*time.Millisecond, "healthy again")
	assert.Len(t, s.seen(t, i.URL()), s.Workers)
}

func (s System) stops(t *testing.T) {
	path := s.Slow
	if path == "" {
		path = s.Path
	}
	i := s.start(t)
	pids := append(i.Workers(), i.Others()...)
	const requests = 12
	var sent, answered sync.WaitGroup
	errs := make([]error, requests)
	for n := range requests {
		sent.Add(1)
		answered.Go(func() { errs[n] = request(t, i.URL()+path, sync.OnceFunc(sent.Done)) })
	}
	sent.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	assert.NoError(t, i.Stop(ctx))
	answered.Wait()
	for _, err := range errs {
		assert.NoError(t, err, "a request that was sent before the stop")
	}
	for _, pid := range pids {
		Gone(t, pid)
	}
	_, _, _, err := get(client(t), i.URL()+s.Path)
	assert.Error(t, err, "nobody listens any more")
}

// request makes one and calls sent as soon as it is on its way, or has failed.
func request(t *testing.T, url string, sent func()) error {
	defer sent()
	ctx := httptrace.WithClientTrace(t.Context(),
		&httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent() }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := client(t).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.ReadAll(answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

func (s System) taken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).Port
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	_, err = s.Start(ctx, port, t.Output())
	require.Error(t, err)
	assert.Contains(t, err.Error(), strconv.Itoa(port), "the error names the port")
	assert.NoError(t, ctx.Err(), "it fails at once")
}

// Gone waits until a process has ended. One that waits to be reaped by whoever adopted
// it has ended.
func Gone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return !Alive(pid) }, hang, 2*time.Millisecond, "process %d is still there",
		pid)
}

// Alive says whether a process runs.
func Alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	if runtime.GOOS != "linux" {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}
