package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func exitStatus(err error) (string, bool) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return "", false
	}
	return strconv.Itoa(exit.ExitCode()), true
}

// hangTimeout bounds waits that only a fault can make long.
const hangTimeout = 5 * time.Minute

// command is a running nameplate.
type command struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	out            string
}

// start runs the command with its archive below a folder of the test's.
func start(t *testing.T, args ...string) *command {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc to see which processes there are")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	c := &command{Cmd: exec.Command(self, args...), out: t.TempDir()}
	c.Args = append(c.Args, "--out", c.out)
	c.Env = append(os.Environ(), asCommand+"=1")
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// descendants are the pids of all processes below one.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	children := map[int][]int{}
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		after := text[bytes.LastIndexByte(text, ')')+1:]
		parent, err := strconv.Atoi(strings.Fields(string(after))[1])
		require.NoError(t, err)
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		require.NoError(t, err)
		children[parent] = append(children[parent], child)
	}
	var all []int
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		all = append(all, children[queue[0]]...)
		queue = append(queue, children[queue[0]]...)
	}
	return all
}

// identity tells a process from a later one of the same pid; "" when there is none, or it only waits to be collected.
func identity(pid int) string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if fields[0] == "Z" || fields[0] == "X" {
		return ""
	}
	return fields[19]
}

// started waits until the command has at least n processes below it.
func (c *command) started(t *testing.T, n int) map[int]string {
	t.Helper()
	var pids []int
	require.Eventually(t, func() bool {
		pids = descendants(t, c.Process.Pid)
		return len(pids) >= n
	}, hangTimeout, 5*time.Millisecond, "stderr: %s", &c.stderr)
	ids := map[int]string{}
	for _, pid := range pids {
		ids[pid] = identity(pid)
	}
	return ids
}

// archives waits until the command has begun an archive.
func (c *command) archives(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		files, err := filepath.Glob(filepath.Join(c.out, "2*", "run.json"))
		return err == nil && len(files) == 1
	}, hangTimeout, 5*time.Millisecond, "stderr: %s", &c.stderr)
}

func allGone(t *testing.T, ids map[int]string) {
	t.Helper()
	assert.Eventually(t, func() bool {
		for pid, id := range ids {
			if id != "" && identity(pid) == id {
				return false
			}
		}
		return true
	}, hangTimeout, 10*time.Millisecond, "processes are left: %v", ids)
}

func TestNoProcessSurvivesAKillOfTheHarness(t *testing.T) {
	for _, row := range []struct {
		name  string
		phase string
		least int
	}{
		{"while a cluster of four serves", "2", 5},
		{"while stores and a cluster are up", "3", 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, "verify", "--phase", row.phase, "--runs", "1", "--duration", "30s", "--stores", "embedded")
			ids := c.started(t, row.least)
			require.NoError(t, c.Process.Kill())
			_ = c.Wait()
			allGone(t, ids)
		})
	}
}

func TestAnInterruptEndsTheRunInOrderAndKeepsItsArchive(t *testing.T) {
	for _, row := range []struct {
		name   string
		phase  string
		least  int
		signal os.Signal
		after  time.Duration // a place in the run, not a bound on anything
	}{
		{"as it starts", "1", 0, os.Interrupt, 0},
		{"as the stores come up", "3", 1, os.Interrupt, 0},
		{"under load", "2", 5, os.Interrupt, 1500 * time.Millisecond},
		{"by SIGTERM under load", "2", 5, syscall.SIGTERM, 1500 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, "verify", "--phase", row.phase, "--runs", "6", "--duration", "30s", "--warmup", "0s",
				"--stores", "embedded")
			ids := c.started(t, row.least)
			c.archives(t)
			time.Sleep(row.after)
			require.NoError(t, c.Process.Signal(row.signal))
			status, _ := exitStatus(c.Wait())
			assert.Equal(t, "130", status, "stderr: %s", &c.stderr)
			allGone(t, ids)
			files, err := filepath.Glob(filepath.Join(c.out, "2*", "run.json"))
			require.NoError(t, err)
			require.Len(t, files, 1)
			text, err := os.ReadFile(files[0])
			require.NoError(t, err)
			var archived struct{ Interrupted bool }
			require.NoError(t, json.Unmarshal(text, &archived))
			assert.True(t, archived.Interrupted)
		})
	}
}

// slowed is a suite whose system has nobody logged in, who would be slowed as well.
const slowed = `
version: 1
name: slowed
title: A process that is slowed
source: guide.md
plan: {runs: 5, warmup: 0 s, duration: 1 s, timeout: 10 s, seed: 1, connections: 256, arrivals: constant,
  validity: {schedule_lag: 10 %, offered: 99 %, host_noise: 50 %}}
dataset: {accounts: 1000, transactions: 5000}
workloads:
  - {name: reads, kind: platform, mix: {account: 100 %}}
phases:
  - {phase: 1, name: slowed, source: guide.md#1, cluster: false, workers: 1, memory: 512 MiB, stores: [],
    rate: 100 req/s, workload: reads}
claims:
  - {id: P1.rate, phase: 1, source: guide.md#1, metric: rate, op: ">=", value: 100 req/s}
  - {id: P1.p99, phase: 1, source: guide.md#1, metric: p99, op: "<=", value: 200 ms}
`

// planned is the number of its runs.
const planned = 5

func TestASlowedSystemIsNeverVerified(t *testing.T) {
	if testing.Short() {
		t.Skip("drives several runs")
	}
	t.Parallel()
	// A worker that burns 15 ms per request answers at most 67 of the 100 per second, on any machine.
	file := filepath.Join(t.TempDir(), "slowed.yaml")
	require.NoError(t, os.WriteFile(file, []byte(slowed), 0o600))
	runs := effort.Of(2, 2, planned)
	c := start(t, "verify", "--slowdown", "15ms", "--headroom=false", "--runs", strconv.Itoa(runs), file)
	status, _ := exitStatus(c.Wait())
	r, err := archive.Load(filepath.Join(c.out, "latest"))
	require.NoError(t, err, "stderr: %s", &c.stderr)
	assert.Equal(t, strconv.Itoa(r.ExitStatus), status, "stderr: %s", &c.stderr)
	require.Empty(t, r.Failure, "stderr: %s", &c.stderr)

	// A host that is too busy, or too small, excludes runs: what the system did is judged without it, as if each run
	// of the plan had been like those.
	r.Options.Runs = planned
	require.NoError(t, archivetest.Undisturbed(r))
	verdicts := map[string]judge.Verdict{}
	for _, result := range r.Results {
		verdicts[result.Claim] = result.Verdict
	}
	assert.Equal(t, judge.Refuted, verdicts["P1.rate"])
	assert.Equal(t, judge.Refuted, verdicts["P1.p99"])
	assert.Equal(t, exitcode.Refuted, r.ExitStatus)
}
