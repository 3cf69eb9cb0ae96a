// Package monitor reads what a cluster says of its workers (GET /health/workers, of the
// documented shape) again and again, and makes rates of its counters.
package monitor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// largest is how much of an answer is read, in bytes.
const largest = 4 << 20

// Worker is one line.
type Worker struct {
	Worker      int     `json:"worker"`
	PID         int     `json:"pid"`
	State       string  `json:"state"`
	Uptime      float64 `json:"uptime_s"`
	Restarts    int     `json:"restarts"`
	Requests    float64 `json:"requests_per_s"` // since the sample before; 0 at the first and after a restart
	Cores       float64 `json:"cores"`
	RSS         int64   `json:"rss_bytes"`
	Connections int64   `json:"connections"`
	InFlight    int64   `json:"in_flight"`
	Errors      uint64  `json:"errors"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
}

// Sample is what was seen at one moment.
type Sample struct {
	At      time.Time `json:"at"`
	Status  string    `json:"status"`
	Workers []Worker  `json:"workers"`
	Error   string    `json:"error,omitempty"` // why nothing was seen
}

// answer is the documented shape.
type answer struct {
	Status  string `json:"status"`
	Workers []struct {
		Worker   int     `json:"worker"`
		PID      int     `json:"pid"`
		State    string  `json:"state"`
		Uptime   float64 `json:"uptime_s"`
		Restarts int     `json:"restarts"`
		CPU      struct {
			Cores float64 `json:"cores"`
		} `json:"cpu"`
		Memory struct {
			RSS int64 `json:"rss_bytes"`
		} `json:"memory"`
		Connections int64  `json:"connections"`
		Requests    uint64 `json:"requests"`
		InFlight    int64  `json:"in_flight"`
		Errors      uint64 `json:"errors"`
		Response    struct {
			P50 float64 `json:"p50"`
			P99 float64 `json:"p99"`
		} `json:"response_ms"`
	} `json:"workers"`
}

// count is a worker's counter at the sample before.
type count struct {
	pid      int
	requests uint64
	at       time.Time
}

// Monitor samples one cluster. It is not safe for concurrent use.
type Monitor struct {
	url    string
	client *http.Client
	now    func() time.Time
	before map[int]count
}

// New returns a monitor of the cluster at a base address, e.g. http://127.0.0.1:3001.
// Each sample takes a connection of its own, so that no worker is favoured.
func New(base string, timeout time.Duration, now func() time.Time) *Monitor {
	return &Monitor{
		url:    strings.TrimSuffix(base, "/") + "/health/workers",
		client: &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}},
		now:    now, before: map[int]count{},
	}
}

// Sample reads once. A cluster that does not answer is no reason to stop: the sample says why.
func (m *Monitor) Sample(ctx context.Context) Sample {
	sample := Sample{At: m.now().UTC()}
	a, err := m.read(ctx)
	if err != nil {
		sample.Status, sample.Error = "unknown", err.Error()
		return sample
	}
	m.compare(&sample, a)
	return sample
}

// compare adds what an answer says, with the rates since the sample before.
func (m *Monitor) compare(sample *Sample, a answer) {
	sample.Status = a.Status
	now := m.now()
	for _, w := range a.Workers {
		line := Worker{
			Worker: w.Worker, PID: w.PID, State: w.State, Uptime: w.Uptime, Restarts: w.Restarts,
			Cores: w.CPU.Cores, RSS: w.Memory.RSS, Connections: w.Connections, InFlight: w.InFlight, Errors: w.Errors,
			P50: w.Response.P50, P99: w.Response.P99,
		}
		last, known := m.before[w.Worker]
		if passed := now.Sub(last.at).Seconds(); known && last.pid == w.PID && w.Requests >= last.requests &&
			passed > 0 {
			line.Requests = float64(w.Requests-last.requests) / passed
		}
		m.before[w.Worker] = count{w.PID, w.Requests, now}
		sample.Workers = append(sample.Workers, line)
	}
}

func (m *Monitor) read(ctx context.Context) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url, nil)
	if err != nil {
		return answer{}, fmt.Errorf("monitor %s: %w", m.url, err)
	}
	response, err := m.client.Do(r)
	if err != nil {
		return answer{}, fmt.Errorf("monitor: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return answer{}, fmt.Errorf("monitor %s: %w", m.url, err)
	}
	a, ok := decode(body)
	if !ok {
		return answer{}, fmt.Errorf(
			"monitor %s: status %d and no answer of the documented shape (want a JSON object with status and workers)",
			m.url, response.StatusCode,
		)
	}
	return a, nil
}

// decode reads an answer; false when it is not of the documented shape.
func decode(body []byte) (answer, bool) {
	var a answer
	err := json.Unmarshal(body, &a)
	return a, err == nil && a.Status != ""
}
