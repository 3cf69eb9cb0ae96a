package measure

import "time"

// StoreRecord is what the stores of a run say that they did in the measurement window.
type StoreRecord struct {
	Window  StoreWork   `json:"window"`
	Seconds []StoreWork `json:"seconds"` // of the window, in order; the first second starts with it
}

// StoreWork is what the stores did in one interval, by their own counters. A figure that a
// store does not tell is in none of the maps, and named among Unknown.
type StoreWork struct {
	Start   time.Duration      `json:"start_ns"` // since the schedule's origin
	End     time.Duration      `json:"end_ns"`
	Counts  map[string]float64 `json:"counts"`            // in the interval, e.g. "postgres_commits"
	Levels  map[string]float64 `json:"levels"`            // at its end, e.g. "redis_used_memory_bytes"; ratios in [0,1]
	Slowest []Statement        `json:"slowest,omitempty"` // by total time
	Unknown []string           `json:"unknown,omitempty"` // what a store does not tell, with the reason
}

// Statement is a statement of a database, without its values, over its executions in an interval.
type Statement struct {
	Query string  `json:"query"`
	Calls int64   `json:"calls"`
	Rows  int64   `json:"rows"`
	Total float64 `json:"total_ms"`
	Mean  float64 `json:"mean_ms"`
}

// Rate is a count per second; false when it is not known.
func (w StoreWork) Rate(name string) (float64, bool) {
	v, ok := w.Counts[name]
	seconds := (w.End - w.Start).Seconds()
	return v / seconds, ok && seconds > 0
}
