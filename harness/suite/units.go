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
	Requests          Unit = "requests"
	Answers           Unit = "answers"
	Workers           Unit = "workers"
	Processes         Unit = "processes"
	Descriptors       Unit = "descriptors"
	Connections       Unit = "connections"
	Ratio             Unit = "x"
)

// Quantity is a value with its unit, e.g. 100 req/s.
type Quantity struct {
	Value float64
	Unit  Unit
}
