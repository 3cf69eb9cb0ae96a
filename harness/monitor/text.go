package monitor

import (
	"fmt"
	"strings"
	"unicode"
)

// bars are the steps of a sparkline.
var bars = []rune("▁▂▃▄▅▆▇█")

// Spark draws values as a line of at most width runes, the latest last; the highest bar
// is the largest value, the lowest stands for 0 and less.
func Spark(values []float64, width int) string {
	values = values[max(0, len(values)-width):]
	largest := 0.0
	for _, v := range values {
		largest = max(largest, v)
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", max(0, width-len(values))))
	for _, v := range values {
		at := 0
		if largest > 0 {
			at = int(max(0, v)/largest*float64(len(bars)-1) + 0.5)
		}
		b.WriteRune(bars[at])
	}
	return b.String()
}

// kept is how many samples a history holds.
const kept = 24

// History keeps the latest samples, for the sparklines.
type History struct {
	requests, p99 map[int][]float64
}

// Add notes a sample.
func (h *History) Add(l Sample) {
	if h.requests == nil {
		h.requests, h.p99 = map[int][]float64{}, map[int][]float64{}
	}
	for _, w := range l.Workers {
		h.requests[w.Worker] = latest(append(h.requests[w.Worker], w.Requests))
		h.p99[w.Worker] = latest(append(h.p99[w.Worker], w.P99))
	}
}

func latest(values []float64) []float64 { return values[max(0, len(values)-kept):] }

// longestWord is how much of a word of the cluster's is shown, in characters.
const longestWord = 40

// word is a word of the cluster's as a terminal may show it: on one line, and without what steers the terminal.
func word(s string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
	return string(runes[:min(len(runes), longestWord)])
}

// Text is a sample as lines, the newest of the history: one for the cluster and one for
// each worker. Without sparks it is plain.
func (h *History) Text(l Sample, sparks bool) string {
	var b strings.Builder
	if l.Error != "" {
		fmt.Fprintf(&b, "%s  %s\n", l.At.Format("15:04:05"), l.Error)
		return b.String()
	}
	total := 0.0
	for _, w := range l.Workers {
		total += w.Requests
	}
	fmt.Fprintf(&b, "%s  %s  %d workers  %.0f req/s\n", l.At.Format("15:04:05"), word(l.Status), len(l.Workers), total)
	for _, w := range l.Workers {
		fmt.Fprintf(&b, "  worker %-3d %-8s pid %-7d %7.0f req/s  p50 %8.2f ms  p99 %8.2f ms  %4.2f cores  %5d MiB  "+
			"%4d connections  %d restarts",
			w.Worker, word(w.State), w.PID, w.Requests, w.P50, w.P99, w.Cores, w.RSS>>20, w.Connections, w.Restarts)
		if sparks {
			fmt.Fprintf(&b, "  req/s %s  p99 %s", Spark(h.requests[w.Worker], kept), Spark(h.p99[w.Worker], kept))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
