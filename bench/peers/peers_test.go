package peers

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

func TestMain(m *testing.M) {
	clusterimpl.HookWith(newApp)
	goleak.VerifyTestMain(m)
}

// The load of each measurement: open arrivals over kept connections.
const (
	rate        = 2000.0 // req/s
	warmup      = time.Second
	window      = 3 * time.Second
	connections = 32
)

// peers are the systems in the order in which each iteration measures them.
var peers = []struct {
	name  string
	start func(context.Context) (system, error)
}{
	{"nameplate", startReference},
	{"node", startNode},
}

// BenchmarkPeers measures all systems in every iteration, and reports the medians.
func BenchmarkPeers(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("processes are looked at in /proc")
	}
	if _, err := exec.LookPath("node"); err != nil {
		b.Skip("node is not on PATH: ", err)
	}
	figures := map[string][]float64{}
	for b.Loop() {
		for _, p := range peers {
			measured, err := measureAll(b.Context(), p.start)
			if err != nil {
				b.Fatalf("%s: %v", p.name, err)
			}
			for unit, v := range measured {
				figures[p.name+"-"+unit] = append(figures[p.name+"-"+unit], v)
			}
		}
	}
	for unit, all := range figures {
		slices.Sort(all)
		b.ReportMetric((all[(len(all)-1)/2]+all[len(all)/2])/2, unit)
	}
}

// measureAll measures a system undisturbed, with a worker killed, and with all restarted
// one by one; each time a fresh one.
func measureAll(ctx context.Context, start func(context.Context) (system, error)) (map[string]float64, error) {
	figures := map[string]float64{}
	for _, part := range []struct {
		name string
		act  func(context.Context, system) error
		keep func(*measure.Window, time.Duration)
	}{
		{"undisturbed", nil, func(w *measure.Window, used time.Duration) {
			p99, _ := w.Response.Quantile(0.99)
			figures["req/cpu-s"] = float64(w.Succeeded) / used.Seconds()
			figures["p99-µs"] = float64(p99.Microseconds())
			figures["jain-%"] = 100 * jain(w)
		}},
		{"kill", kill, func(w *measure.Window, _ time.Duration) {
			figures["kill-failed"] = float64(w.Failed + w.Unsent)
			figures["kill-gap-ms"] = float64(w.Gap.Microseconds()) / 1000
		}},
		{"reload", func(ctx context.Context, s system) error { return s.reload(ctx) },
			func(w *measure.Window, _ time.Duration) {
				figures["reload-failed"] = float64(w.Failed + w.Unsent)
			}},
	} {
		w, used, err := one(ctx, start, part.act)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		part.keep(w, used)
	}
	return figures, nil
}

// one drives a fresh system, and disturbs it a third into the measurement window.
func one(
	ctx context.Context, start func(context.Context) (system, error), act func(context.Context, system) error,
) (*measure.Window, time.Duration, error) {
	s, err := start(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer s.stop()
	acted := make(chan error, 1)
	var before time.Duration
	started := func(time.Time) {
		go func() {
			time.Sleep(warmup)
			var err error
			if before, err = cpu(s); err == nil && act != nil {
				time.Sleep(window / 3)
				err = act(ctx, s)
			}
			acted <- err
		}()
	}
	out, err := load.Drive(ctx, load.Config{
		BaseURL: s.url(), Source: &accounts{}, Schedule: load.Constant(rate), Warmup: load.FixedWarmup(warmup),
		Duration: window, Timeout: 5 * time.Second, Connections: connections, WorkerHeader: "X-Worker",
		Started: started,
	})
	if err != nil {
		return nil, 0, err
	}
	if err := <-acted; err != nil {
		return nil, 0, err
	}
	after, err := cpu(s)
	return out.Window, after - before, err
}

// kill kills a worker.
func kill(_ context.Context, s system) error {
	_, all := s.pids()
	if len(all) == 0 {
		return fmt.Errorf("there is no worker")
	}
	return syscall.Kill(all[0], syscall.SIGKILL)
}

// accounts asks for one account after the other.
type accounts struct{ next int }

// Next is the next request.
func (a *accounts) Next() *load.Request {
	a.next++
	return &load.Request{Operation: "account", Method: "GET", Path: fmt.Sprintf("/accounts/%d", a.next%1000)}
}

// jain is Jain's fairness index of the answers per worker, in the range [1/n,1].
func jain(w *measure.Window) float64 {
	var sum, squares float64
	for _, v := range w.Workers {
		sum += float64(v.Succeeded)
		squares += float64(v.Succeeded) * float64(v.Succeeded)
	}
	return sum * sum / (float64(max(workers, len(w.Workers))) * squares)
}
