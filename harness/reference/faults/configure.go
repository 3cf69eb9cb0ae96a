package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"syscall"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/config"
)

// small is the environment of the clusters that are started beside the one under load.
var small = []string{
	"CLUSTER_WORKERS=2", "HEALTH_CHECK_INTERVAL=100ms", "MEMORY_LIMIT=256", "PORT=0",
	"PLATFORM_ACCOUNTS=100", "PLATFORM_TRANSACTIONS=200",
}

// settings are documented variables with a good value, and what must be seen of it.
var settings = []struct {
	set  string
	seen func(*probed) error
}{
	{"CLUSTER_WORKERS=3", func(p *probed) error { return want("cluster.workers", *p.health.Cluster.Workers, 3) }},
	{"CLUSTER_MODE=false", func(p *probed) error { return want("cluster.mode", *p.health.Cluster.Mode, false) }},
	{"CLUSTER_MODE=true", func(p *probed) error { return want("cluster.mode", *p.health.Cluster.Mode, true) }},
	{"CLUSTER_MODE=auto", func(p *probed) error { return contain("cluster.mode_reason", p.health.Cluster.Why, " ") }},
	{
		"MEMORY_LIMIT=128",
		func(p *probed) error { return want("cluster.memory.total", p.health.Cluster.Memory.Total, "256MB") },
	},
	{"HOST=127.0.0.2", func(p *probed) error { return contain("the address", p.cluster.URL(), "//127.0.0.2:") }},
	{"RESPAWN_LIMIT=0", func(p *probed) error { return p.givesUp() }},
	{"GC_INTERVAL=100ms", func(p *probed) error { return p.collects() }},
	{"LOG_FORMAT=json", func(p *probed) error { return p.logsJSON() }},
	{"DEBUG=cluster:*", func(p *probed) error { return contain("the log", p.log(), "cluster:") }},
}

// refused are the documented variables, each with a value that none may take.
var refused = map[string]string{
	"CLUSTER_MODE": "maybe", "CLUSTER_WORKERS": "0", "CLUSTER_DISTRIBUTION": "fair", "MEMORY_LIMIT": "8",
	"HOST": "http://127.0.0.1", "PORT": "65536", "RESPAWN_LIMIT": "-1", "HEALTH_CHECK_INTERVAL": "15",
	"GC_INTERVAL": "soon", "CLUSTER_CONTROL": "relative/path", "CLUSTER_PROFILE": "relative/path",
	"DEBUG": "cluster:\a", "LOG_FORMAT": "xml", "DATABASE_URL": "mysql://127.0.0.1/x",
	"REDIS_URL": "http://127.0.0.1", "REDIS_PREFIX": "with space",
	"PLATFORM_SEED": "-1", "PLATFORM_ACCOUNTS": "none", "PLATFORM_TRANSACTIONS": "1.5", "PLATFORM_LEAK": "-1",
	"PLATFORM_SLOWDOWN": "1h",
}

// configure starts clusters with each documented variable set to something that shows, and
// counts those that do not show it; then with what is not allowed, which each must refuse
// by name, saying what is.
func configure(f *fault) error {
	if err := f.moment(0); err != nil {
		return err
	}
	wrong := 0
	for _, s := range settings {
		f.count(&wrong, math.MaxInt, f.tried(s.set, s.seen))
	}
	for _, v := range config.Variables {
		f.count(&wrong, math.MaxInt, f.refuses(v))
	}
	f.note("%d good settings and %d refusals tried, %d wrong", len(settings), len(config.Variables), wrong)
	f.set("wrong", float64(wrong))
	return nil
}

// debug starts a cluster that logs all namespaces in detail, one that logs all but one, and
// one that logs none, and counts what is not as the variable says.
func debug(f *fault) error {
	if err := f.moment(0); err != nil {
		return err
	}
	wrong := 0
	for _, c := range []struct {
		debug      string
		has, lacks []string
	}{
		{"cluster:*", []string{"cluster:main", "cluster:health", "cluster:ipc"}, nil},
		{"cluster:*,-cluster:ipc", []string{"cluster:main", "cluster:health"}, []string{"cluster:ipc"}},
		{"", nil, []string{"cluster:health", "cluster:ipc"}},
	} {
		f.count(&wrong, math.MaxInt, f.tried("DEBUG="+c.debug, func(p *probed) error {
			for _, namespace := range c.has {
				logged := func() bool {
					_, _ = p.get("/health", &p.health) // for which a worker asks the primary
					return strings.Contains(p.log(), namespace)
				}
				if ok, err := f.until(logged); err != nil || !ok {
					return fmt.Errorf("no line of %s is logged (%v)", namespace, err)
				}
			}
			for _, namespace := range c.lacks {
				if strings.Contains(p.log(), namespace) {
					return fmt.Errorf("lines of %s are logged", namespace)
				}
			}
			return nil
		}))
	}
	f.note("3 values of DEBUG tried, %d wrong", wrong)
	f.set("wrong", float64(wrong))
	return nil
}

// probed is a cluster that was started to be looked at.
type probed struct {
	*fault
	cluster *clusterimpl.Cluster
	health  healthReport
	printed *lockedBuffer
}

// tried starts a cluster with a variable set, looks at it, and stops it.
func (f *fault) tried(set string, seen func(*probed) error) (err error) {
	p := &probed{printed: &lockedBuffer{}}
	ctx, cancel := context.WithTimeout(f.ctx, recoveryTimeout)
	defer cancel()
	p.cluster, err = clusterimpl.Start(ctx,
		clusterimpl.Options{Env: append(small[:len(small):len(small)], set), Log: p.printed})
	if err != nil {
		return fmt.Errorf("%s: %w", set, err)
	}
	defer func() {
		_ = p.cluster.Stop(ctx) // how it ends is other disturbances' matter
	}()
	p.fault = &fault{Target: Target{Cluster: p.cluster, Dataset: f.Dataset}, spec: f.spec, ctx: ctx, clock: f.clock}
	if _, err := p.get("/health", &p.health); err != nil {
		return fmt.Errorf("%s: %w", set, err)
	}
	if c := p.health.Cluster; c == nil || c.Workers == nil || c.Mode == nil || c.Memory == nil {
		return fmt.Errorf("%s: GET /health lacks cluster.mode, workers or memory", set)
	}
	if err := seen(p); err != nil {
		return fmt.Errorf("%s: %w", set, err)
	}
	return nil
}

// refuses reports a bad value that is taken, or refused without its name or without what is allowed.
func (f *fault) refuses(v config.Variable) error {
	bad, ok := refused[v.Name]
	if !ok {
		return fmt.Errorf("%s: no value is known that it must refuse", v.Name)
	}
	ctx, cancel := context.WithTimeout(f.ctx, recoveryTimeout)
	defer cancel()
	c, err := clusterimpl.Start(ctx, clusterimpl.Options{Env: append(small[:len(small):len(small)], v.Name+"="+bad)})
	if err == nil {
		_ = c.Stop(ctx)
		return fmt.Errorf("%s=%s is taken", v.Name, bad)
	}
	if !strings.Contains(err.Error(), v.Name) || !strings.Contains(err.Error(), v.Allowed) {
		return fmt.Errorf("%s=%s is refused without the name or what is allowed: %w", v.Name, bad, err)
	}
	return nil
}

// givesUp kills a worker and waits until the cluster has given up.
func (p *probed) givesUp() error {
	all := p.workers()
	if len(all) == 0 {
		return fmt.Errorf("there is no worker")
	}
	if err := syscall.Kill(all[0].pid, syscall.SIGKILL); err != nil {
		return err
	}
	if ok, err := p.until(p.gaveUp); err != nil || !ok {
		return fmt.Errorf("a dead worker is replaced (%v)", err)
	}
	return nil
}

// collects waits until a worker tells of a periodic collection.
func (p *probed) collects() error {
	ok, err := p.until(func() bool {
		var r workersReport
		_, err := p.get("/health/workers", &r)
		return err == nil && len(r.Workers) > 0 && r.Workers[0].GC != nil && r.Workers[0].GC.Periodic > 0
	})
	if err != nil || !ok {
		return fmt.Errorf("no worker has collected (%v)", err)
	}
	return nil
}

// logsJSON reports a line of the log that is no JSON object.
func (p *probed) logsJSON() error {
	for line := range strings.Lines(p.log()) {
		if !strings.HasSuffix(line, "\n") {
			continue // still being written
		}
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			return fmt.Errorf("the log has the line %.80q: %w", line, err)
		}
	}
	return nil
}

func (p *probed) log() string { return p.printed.String() }

// want reports a figure that is another than it was set to.
func want[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

// contain reports a text that lacks a part.
func contain(what, text, part string) error {
	if !strings.Contains(text, part) {
		return fmt.Errorf("%s lacks %q", what, part)
	}
	return nil
}

// lockedBuffer is a buffer that is read while it is written to.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write appends to the buffer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

// String is what was written so far.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
