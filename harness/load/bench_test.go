//go:build unix

package load

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// BenchmarkDrive sends two seconds of requests to a tiny server in a process of its own, over the loop, over vegeta's
// workers and net/http, and as vegeta's own attack, in turn. It reports how late they went out and what each took of
// the processor.
func BenchmarkDrive(b *testing.B) {
	url := tinyServer(b)
	length := 2 * time.Second
	if testing.Short() {
		length = 200 * time.Millisecond
	}
	fmt.Print(
		"Unit lag-p50-ns better=lower\nUnit lag-p99-ns better=lower\nUnit service-p50-ns better=lower\n" +
			"Unit cpu-ns/req better=lower\n",
	)
	for _, rate := range []int{100, 1000, 2500, 5000} {
		for _, path := range []string{"loop", "workers"} {
			b.Run(fmt.Sprintf("client=%s/rate=%d", path, rate),
				func(b *testing.B) { benchmarkPath(b, path, url, rate, length) })
		}
		b.Run(fmt.Sprintf("client=vegeta/rate=%d", rate), func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				target := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: url})
				a := vegeta.NewAttacker()
				var m vegeta.Metrics
				for r := range a.Attack(target, vegeta.Rate{Freq: rate, Per: time.Second}, length, "") {
					m.Add(r)
				}
				m.Close()
				require.EqualValues(b, 1, m.Success)
			}
			b.ReportMetric(float64(processorTime(b)-before)/(float64(b.N*rate)*length.Seconds()), "cpu-ns/req")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func benchmarkPath(b *testing.B, path, url string, rate int, length time.Duration) {
	lag, service := measure.NewHistogram(), measure.NewHistogram()
	var used time.Duration
	for b.Loop() {
		var before time.Duration
		c := Config{
			BaseURL: url, Source: &counting{}, Schedule: Constant(float64(rate)), Warmup: FixedWarmup(length / 2),
			Duration: length, Timeout: 5 * time.Second, Connections: 64,
			Started: func(time.Time) { before = processorTime(b) },
		}
		d, err := newDriver(b.Context(), c, mustBase(b, c))
		require.NoError(b, err)
		if path == "workers" {
			d.carrier = newWorkers(d)
		}
		o := d.run()
		used += processorTime(b) - before
		require.Empty(b, o.Window.Errors)
		require.NoError(b, lag.Merge(o.Window.ScheduleLag))
		require.NoError(b, service.Merge(o.Window.Service))
	}
	for name, h := range map[string]*measure.Histogram{"lag": lag, "service": service} {
		v, _ := h.Quantile(0.5)
		b.ReportMetric(float64(v), name+"-p50-ns")
	}
	v, _ := lag.Quantile(0.99)
	b.ReportMetric(float64(v), "lag-p99-ns")
	b.ReportMetric(float64(used)/(float64(b.N*rate)*1.5*length.Seconds()), "cpu-ns/req")
	b.ReportMetric(0, "ns/op")
}

// tinyServer starts the test binary as a server, which ends with its standard input.
func tinyServer(b *testing.B) (url string) {
	b.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), partVariable+"=server")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	require.NoError(b, err)
	out, err := server.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, server.Start())
	b.Cleanup(func() {
		in.Close()
		server.Wait()
	})
	line := bufio.NewScanner(out)
	require.True(b, line.Scan())
	return line.Text()
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
