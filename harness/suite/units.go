package suite

// Rate is a number of requests per second, greater than 0.
type Rate float64

// Size is a number of bytes.
type Size int64

// Binary multiples of a byte (IEC 80000-13).
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
)

// Share is a part of a whole, in the range [0,1]; written as a percentage, e.g. 0.1 %.
type Share float64

// Unit is the unit in which a metric is measured, claimed and reported.
type Unit string

// The units there are.
const (
	RequestsPerSecond Unit = "req/s"
	Milliseconds      Unit = "ms"
	Percent           Unit = "%"
	Mebibytes         Unit = "MiB"
)

// Quantity is a value with its unit, e.g. 100 req/s.
type Quantity struct {
	Value float64
	Unit  Unit
}

// Metric is something that a claim can be made about.
type Metric struct {
	Name  string // e.g. "rate"
	Unit  Unit   // of its values
	Op    Op     // the comparison that a claim on it uses
	About string // one line: what is measured, and how
}

// Metrics are the metrics that a claim can be made about, in the order of reports.
var Metrics = []Metric{
	{"rate", RequestsPerSecond, AtLeast, "goodput: successful answers that arrived within the judged window, at most as many as its own requests got, divided by its length"},
	{"p50", Milliseconds, AtMost, "median response time, counted from the scheduled send"},
	{"p90", Milliseconds, AtMost, "90th percentile of the response time, counted from the scheduled send"},
	{"p99", Milliseconds, AtMost, "99th percentile of the response time, counted from the scheduled send"},
	{"p999", Milliseconds, AtMost, "99.9th percentile of the response time, counted from the scheduled send"},
	{"errors", Percent, AtMost, "failed and unsent requests as a share of those scheduled in the judged window"},
	{"memory", Mebibytes, AtMost, "largest resident size that any worker reached in the run"},
	{"cpu", Percent, AtMost, "processor time of the workers as a share of workers x one core over the judged window"},
}

// MetricByName returns the metric of that name.
func MetricByName(name string) (Metric, bool) {
	for _, m := range Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}
