package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"syscall"
	"time"
)

// client asks over a connection of its own each time, and never twice.
var client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// healthReport is the documented shape of GET /health.
type healthReport struct {
	Status  string `json:"status"`
	Cluster *struct {
		Mode    *bool  `json:"mode"`
		Why     string `json:"mode_reason"`
		Workers *int   `json:"workers"`
		Active  *int   `json:"active"`
		Memory  *struct {
			Total string `json:"total"`
			Used  string `json:"used"`
		} `json:"memory"`
	} `json:"cluster"`
}

// workersReport is the shape of GET /health/workers.
type workersReport struct {
	Workers []struct {
		PID      *int     `json:"pid"`
		State    string   `json:"state"`
		Uptime   *float64 `json:"uptime_s"`
		Restarts *int     `json:"restarts"`
		CPU      *struct {
			Seconds *float64 `json:"seconds"`
		} `json:"cpu"`
		Memory *struct {
			RSS *int64 `json:"rss_bytes"`
		} `json:"memory"`
		Requests *uint64 `json:"requests"`
		Response *struct {
			P50 *float64 `json:"p50"`
			P99 *float64 `json:"p99"`
		} `json:"response_ms"`
		GC *struct {
			Periodic uint64 `json:"periodic"`
		} `json:"gc"`
		Database *struct {
			Size     int    `json:"pool_size"`
			Attempts uint64 `json:"attempts"`
		} `json:"database"`
	} `json:"workers"`
}

// megabytes is how the guide writes a size, e.g. "2048MB".
var megabytes = regexp.MustCompile(`^[0-9]+MB$`)

// codes are the HTTP statuses of the documented states.
var codes = map[string]int{
	"healthy": http.StatusOK, "degraded": http.StatusOK, "unhealthy": http.StatusServiceUnavailable,
}

// watchHealth reads both health endpoints all through the window. In its middle a worker is
// killed: what is said then must be of the same shape, with fewer workers active.
func watchHealth(f *fault) error {
	if err := f.moment(0); err != nil {
		return err
	}
	asked, wrong, killed := 0, 0, false
	states := map[string]int{}
	for f.now() < f.spec.End {
		if half := (f.spec.Start + f.spec.End) / 2; !killed && f.now() > half {
			killed = true
			if all := f.workers(); len(all) > 0 {
				_ = syscall.Kill(all[0].pid, syscall.SIGKILL)
				f.note("worker %d (pid %d) was killed", all[0].slot, all[0].pid)
			}
		}
		report, err := f.health()
		states[report.Status]++
		if err == nil {
			_, err = f.healthOfWorkers()
		}
		asked++
		f.count(&wrong, 3, err)
		if err := f.wait(10 * time.Millisecond); err != nil {
			return err
		}
	}
	f.note("asked %d times, states %v", asked, states)
	f.set("wrong", float64(wrong))
	return nil
}

// health reads GET /health and says what is wrong with it.
func (f *fault) health() (healthReport, error) {
	var r healthReport
	code, err := f.get("/health", &r)
	switch {
	case err != nil:
		return r, err
	case codes[r.Status] == 0:
		return r, fmt.Errorf("GET /health: status %q, allowed are healthy, degraded and unhealthy", r.Status)
	case code != codes[r.Status]:
		return r, fmt.Errorf("GET /health: %s with HTTP status %d, want %d", r.Status, code, codes[r.Status])
	case r.Cluster == nil || r.Cluster.Mode == nil || r.Cluster.Workers == nil || r.Cluster.Active == nil ||
		r.Cluster.Memory == nil:
		return r, fmt.Errorf("GET /health: cluster.mode, workers, active or memory is missing")
	case !megabytes.MatchString(r.Cluster.Memory.Total) || !megabytes.MatchString(r.Cluster.Memory.Used):
		return r, fmt.Errorf("GET /health: memory %q of %q, want sizes such as 2048MB", r.Cluster.Memory.Used,
			r.Cluster.Memory.Total)
	case *r.Cluster.Workers != f.spec.Phase.Workers || *r.Cluster.Active < 0 || *r.Cluster.Active > *r.Cluster.Workers:
		return r, fmt.Errorf("GET /health: %d of %d workers active, the cluster has %d", *r.Cluster.Active,
			*r.Cluster.Workers, f.spec.Phase.Workers)
	case (r.Status == "healthy") != (*r.Cluster.Active == *r.Cluster.Workers) && r.Status != "unhealthy":
		return r, fmt.Errorf("GET /health: %s with %d of %d workers active", r.Status, *r.Cluster.Active,
			*r.Cluster.Workers)
	}
	return r, nil
}

// healthOfWorkers reads GET /health/workers and says what is wrong with it.
func (f *fault) healthOfWorkers() (workersReport, error) {
	var r workersReport
	if _, err := f.get("/health/workers", &r); err != nil {
		return r, err
	}
	if len(r.Workers) != f.spec.Phase.Workers {
		return r, fmt.Errorf("GET /health/workers: %d workers, the cluster has %d", len(r.Workers),
			f.spec.Phase.Workers)
	}
	for i, w := range r.Workers {
		switch {
		case w.PID == nil || w.Uptime == nil || w.Restarts == nil || w.Requests == nil || w.State == "":
			return r, fmt.Errorf("GET /health/workers: worker %d lacks pid, state, uptime, restarts or requests", i+1)
		case w.CPU == nil || w.CPU.Seconds == nil || w.Memory == nil || w.Memory.RSS == nil || w.Response == nil ||
			w.Response.P50 == nil || w.Response.P99 == nil:
			return r, fmt.Errorf("GET /health/workers: worker %d lacks CPU, memory or response times", i+1)
		}
	}
	return r, nil
}

// get reads a JSON answer.
func (f *fault) get(path string, into any) (code int, err error) {
	answer, text, err := f.exchange(http.MethodGet, path, http.Header{}, nil)
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return answer.StatusCode, fmt.Errorf("GET %s: %w", path, err)
	}
	return answer.StatusCode, nil
}

// exchange makes a request over a fresh connection and reads its answer.
func (f *fault) exchange(method, path string, header http.Header, body []byte) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(f.ctx, client.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, f.Cluster.URL()+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header = header
	answer, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answer, text, nil
}

// collect waits for the end of the window and counts the workers that report a periodic collection.
func collect(f *fault) error {
	if err := f.moment(1); err != nil {
		return err
	}
	r, err := f.healthOfWorkers()
	if err != nil {
		return err
	}
	n := 0
	for _, w := range r.Workers {
		if w.GC != nil && w.GC.Periodic > 0 {
			n++
		}
	}
	f.note("%d of %d workers have collected", n, len(r.Workers))
	f.set("collected", float64(n))
	return nil
}
