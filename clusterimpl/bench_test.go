package clusterimpl_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl"
)

// BenchmarkDistribution compares the ways in which connections come to workers: time
// and processor time of the whole cluster per request, and Jain's index over the
// workers. Run it with -benchtime=50000x; one run holds all ways.
func BenchmarkDistribution(b *testing.B) {
	const workers, connections = 2, 32
	fmt.Print("Unit cpu-µs/op better=lower\nUnit jain better=higher\n")
	for _, keep := range []bool{true, false} {
		for _, mode := range []string{"journal", "handover", "inherited"} {
			b.Run(fmt.Sprintf("keepalive=%t/mode=%s", keep, mode), func(b *testing.B) {
				c, err := clusterimpl.Start(b.Context(), clusterimpl.Options{
					Env: []string{"PORT=0", fmt.Sprint("CLUSTER_WORKERS=", workers), "CLUSTER_DISTRIBUTION=" + mode}})
				if err != nil {
					b.Fatal(err)
				}
				defer stop(c)
				before := processorTime(b, c)
				b.ResetTimer()
				counts, err := drive(c, b.N, connections, keep)
				b.StopTimer()
				if err != nil {
					b.Fatal(err)
				}
				used := processorTime(b, c) - before
				b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
				b.ReportMetric(counts.jain(workers), "jain")
			})
		}
	}
}

// processorTime is what all processes of a cluster have used, user and system, to 10 ms.
func processorTime(b *testing.B, c *clusterimpl.Cluster) time.Duration {
	b.Helper()
	var ticks int
	for _, p := range c.Processes() {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID))
		if err != nil {
			b.Skip("processor time of other processes is not known here: ", err)
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		for _, field := range strings.Fields(after)[11:13] {
			n, err := strconv.Atoi(field)
			if err != nil {
				b.Fatal(err)
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
