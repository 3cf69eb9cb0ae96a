package health

// Bounds are the upper bounds of a histogram's buckets, in seconds, ascending.
var Bounds = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.5, 1, 2.5, 5, 10}

// Histogram counts how long requests took.
type Histogram struct {
	Count uint64   `json:"count"`
	Sum   float64  `json:"sum_s"`
	Below []uint64 `json:"below"` // how many took at most each of Bounds
}
