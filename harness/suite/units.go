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

// Metric is something that a claim can be made about.
type Metric struct {
	Name  string    // e.g. "rate"
	Unit  Unit      // of its values
	Op    Op        // the comparison that a claim on it uses
	About string    // one line: what is measured, and how
	From  []Disturb // the disturbances that yield it; none: every run does
	// Starves tells that too little processor time can make it worse.
	Starves bool
}

// Metrics are the metrics that a claim can be made about, in the order of reports.
var Metrics = []Metric{
	{"rate", RequestsPerSecond, AtLeast, "goodput: successful answers that arrived within the judged window, at most as many as its own requests got, divided by its length", nil, true},
	{"p50", Milliseconds, AtMost, "median response time, counted from the scheduled send", nil, true},
	{"p90", Milliseconds, AtMost, "90th percentile of the response time, counted from the scheduled send", nil, true},
	{"p99", Milliseconds, AtMost, "99th percentile of the response time, counted from the scheduled send", nil, true},
	{"p999", Milliseconds, AtMost, "99.9th percentile of the response time, counted from the scheduled send", nil, true},
	{"errors", Percent, AtMost, "failed and unsent requests as a share of those scheduled in the judged window", nil, true},
	{"memory", Mebibytes, AtMost, "largest resident size that any worker reached in the run", nil, false},
	{"memory_all", Mebibytes, AtMost, "largest resident size that all workers together reached in the run, by readings a second apart", nil, false},
	{"time_to_steady", Milliseconds, AtMost, "from the start of the load until the backlog is gone and throughput and response times are stationary; a run that never becomes steady misses any bound", nil, true},
	{"cpu", Percent, AtMost, "processor time of the workers as a share of workers x one core over the judged window", nil, false},
	{"rate_at_cpu", RequestsPerSecond, AtLeast, "goodput scaled to the documented processor share: rate x at_cpu / cpu (utilization law)", nil, false},
	{"lost", Requests, AtMost, "requests of the judged window that failed or were never sent; after a stop, those that the system had accepted before it", nil, true},
	{"gap", Milliseconds, AtMost, "longest time within the judged window without a good answer", nil, true},
	{"jain", Percent, AtLeast, "Jain's fairness index of the answers per worker, of at least 100 a worker on average", nil, true},
	{"recovery", Milliseconds, AtMost, "from the disturbance until all workers are ready again", []Disturb{DisturbKill, DisturbHang, DisturbLeak, DisturbReload, DisturbScale, DisturbChaos}, true},
	{"served", Workers, AtLeast, "workers that answered", nil, true},
	{"replaced", Workers, AtLeast, "workers that were replaced", []Disturb{DisturbKill, DisturbHang, DisturbLeak, DisturbReload}, true},
	{"collected", Workers, AtLeast, "workers that report a periodic collection", []Disturb{DisturbCollect}, true},
	{"wrong", Answers, AtMost, "answers that are not of the documented shape or content", []Disturb{DisturbHealth, DisturbSessions, DisturbExhaust, DisturbConfigure, DisturbDebug}, false},
	{"forgotten", Answers, AtLeast, "uses of an open session that a worker refused because it did not know it", []Disturb{DisturbSessions}, false},
	{"goodput_share", Percent, AtLeast, "good answers a second at twice the capacity, as a share of the capacity that was found before and after in the same run", []Disturb{DisturbOverload}, false},
	{"recovery_p99", Milliseconds, AtMost, "from the end of an overload of three times the capacity until the p99 of a second's requests, at half of the capacity, is at most twice the highest of any second before", []Disturb{DisturbOverload}, false},
	{"connects", Connections, AtMost, "attempts of the workers to connect to their database after they were ready, but for those of a replaced worker that filled its pool", []Disturb{DisturbOverload}, false},
	{"missing", Requests, AtMost, "writes that were acknowledged and are not there at the end, or there twice", []Disturb{DisturbChaos}, false},
	{"grown", Mebibytes, AtMost, "resident size of the primary at the end beyond that of a fresh one that has had as many workers", []Disturb{DisturbChaos}, false},
	{"descriptors", Descriptors, AtMost, "open descriptors of the primary at the end beyond those of a fresh one that has had as many workers", []Disturb{DisturbChaos}, false},
	{"left", Processes, AtMost, "processes of the system that still run after it has stopped", []Disturb{DisturbStop, DisturbExhaust}, false},
	{"unclean", Processes, AtMost, "processes that ended with another exit status than documented", []Disturb{DisturbStop, DisturbExhaust}, false},
}

// TimeToSteady is the metric of how long a system needs to become warm.
const TimeToSteady = "time_to_steady"

// scaledMetric is the metric that is scaled to a documented processor share.
const scaledMetric = "rate_at_cpu"

// untimed are the metrics in milliseconds that no request's time-out limits.
var untimed = map[string]bool{"gap": true, "recovery": true, "recovery_p99": true, TimeToSteady: true}

// fromStart are the metrics that are judged from the start of the load on, and not only within the measurement window.
var fromStart = map[string]bool{"memory": true, "memory_all": true, TimeToSteady: true}

// FromStart reports whether the metric is judged from the start of the load on, the warm-up included.
func (m Metric) FromStart() bool { return fromStart[m.Name] }

// Disturb names what is done to a system within the judged window.
type Disturb string

// The disturbances there are.
const (
	DisturbStop      Disturb = "stop"      // the system is asked to stop (SIGTERM)
	DisturbKill      Disturb = "kill"      // a worker is killed (SIGKILL)
	DisturbHang      Disturb = "hang"      // a worker is stopped in its tracks (SIGSTOP)
	DisturbLeak      Disturb = "leak"      // a worker is made to exceed its memory limit
	DisturbReload    Disturb = "reload"    // the system is asked to replace its workers (SIGHUP)
	DisturbExhaust   Disturb = "exhaust"   // workers are killed until the system gives up
	DisturbHealth    Disturb = "health"    // the health endpoints are read, also while a worker is down
	DisturbSessions  Disturb = "sessions"  // a session is used over fresh connections, also after its worker was killed
	DisturbCollect   Disturb = "collect"   // nothing but a wait for the periodic collection
	DisturbScale     Disturb = "scale"     // the number of workers is changed, up and down again
	DisturbConfigure Disturb = "configure" // other clusters are started, with good and bad values of every variable
	DisturbDebug     Disturb = "debug"     // other clusters are started, which log in detail by namespace
	// DisturbOverload asks for three times of what the system can do, which is found out before.
	DisturbOverload Disturb = "overload"
	// DisturbChaos kills and stops workers, and reloads and scales the system, at random; its phases are run
	// only when they are asked for.
	DisturbChaos Disturb = "chaos"
)

// Disturbances are all disturbances, in the order of their documentation.
var Disturbances = []Disturb{
	DisturbStop, DisturbKill, DisturbHang, DisturbLeak, DisturbReload, DisturbExhaust, DisturbHealth, DisturbSessions, DisturbCollect,
	DisturbScale, DisturbConfigure, DisturbDebug, DisturbOverload, DisturbChaos,
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
