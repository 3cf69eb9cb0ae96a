// Package promtext writes figures as text that Prometheus reads: families of samples, each with its type and what
// it means. It checks no names; a family's samples are to follow it.
//
// The Prometheus client would do the same, and bring protobuf into the command, which takes seconds to build.
package promtext

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// ContentType is that of the Prometheus text format.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Writer writes families and samples. What goes wrong is told by Flush.
type Writer struct{ b *bufio.Writer }

// New returns a writer to w.
func New(w io.Writer) *Writer { return &Writer{bufio.NewWriter(w)} }

var (
	escapedHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapedValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// Family begins a family; kind is a type of the format, e.g. "gauge".
func (w *Writer) Family(name, kind, help string) {
	w.write("# HELP ", name, " ", escapedHelp.Replace(help), "\n# TYPE ", name, " ", kind, "\n")
}

// Sample writes a value; labels are names and values in turn.
func (w *Writer) Sample(name string, value float64, labels ...string) {
	w.write(name)
	for i := 0; i+1 < len(labels); i += 2 {
		before := ","
		if i == 0 {
			before = "{"
		}
		w.write(before, labels[i], `="`, escapedValue.Replace(labels[i+1]), `"`)
	}
	if len(labels) > 1 {
		w.write("}")
	}
	w.write(" ", Number(value), "\n")
}

// Bucket is how many values of a histogram are at most its bound, those of the buckets before it included.
type Bucket struct {
	Bound float64
	Count uint64
}

// Histogram writes a histogram with its buckets, in rising order of their bounds and without that of all values.
func (w *Writer) Histogram(name string, buckets []Bucket, count uint64, sum float64, labels ...string) {
	for _, b := range buckets {
		w.Sample(name+"_bucket", float64(b.Count), append(labels[:len(labels):len(labels)], "le", Number(b.Bound))...)
	}
	w.Sample(name+"_bucket", float64(count), append(labels[:len(labels):len(labels)], "le", "+Inf")...)
	w.Sample(name+"_sum", sum, labels...)
	w.Sample(name+"_count", float64(count), labels...)
}

// End writes the end that OpenMetrics wants.
func (w *Writer) End() { w.write("# EOF\n") }

// Flush passes on what is left, and returns the first error.
func (w *Writer) Flush() error { return w.b.Flush() }

// Number writes a value so that it is read as the same.
func Number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (w *Writer) write(parts ...string) {
	for _, part := range parts {
		_, _ = w.b.WriteString(part) // Flush tells
	}
}
