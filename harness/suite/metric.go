package suite

import (
	"math"
	"strconv"
)

// Figure is what a metric is a figure of. From it follow how it is read from a run, what a late generator may have
// added to it, and how it is projected to another host.
type Figure string

// The figures there are.
const (
	OfGoodput       Figure = "goodput"        // good answers per second
	OfScaled        Figure = "scaled"         // good answers per second, scaled to a documented processor share
	OfResponse      Figure = "response"       // the quantile of the response time that the metric names
	OfErrors        Figure = "errors"         // the share of requests without a good answer
	OfLost          Figure = "lost"           // their number
	OfGap           Figure = "gap"            // the longest time without a good answer
	OfFairness      Figure = "fairness"       // the distribution of answers over the workers
	OfServed        Figure = "served"         // the workers that answered
	OfMemory        Figure = "memory"         // the largest size of one worker
	OfAllMemory     Figure = "all memory"     // that of all workers together
	OfOwnMemory     Figure = "own memory"     // the largest size of one worker that nobody shares
	OfProcessors    Figure = "processors"     // the share of their processors that the workers used
	OfWork          Figure = "work"           // the processor time of the cluster for one request
	OfStoreWork     Figure = "store work"     // that of the stores
	OfGeneratorWork Figure = "generator work" // that of the load generator
	OfWarmup        Figure = "warm-up"        // how the load began
	OfDisturbance   Figure = "disturbance"    // what a disturbance reports
)

// Metric is something that a claim can be made about. It holds all that is known of the metric: whoever needs
// something of a metric asks for it here, and names none.
type Metric struct {
	Name   string // e.g. "rate"
	Was    string // its name before, by which suites and archives still name it; "" when there is none
	Unit   Unit   // of its values
	Op     Op     // the comparison that a claim on it uses
	Figure Figure
	About  string // one line: what is measured, and how
	// Quantile is the share of the requests that are answered in that time, in the range (0,1); 0 for a metric that is
	// not [OfResponse].
	Quantile float64
	From     []Disturb // the disturbances that yield it; none: every run does
	Starves  bool      // too little processor time can make it worse
	// FromStart tells that it is judged from the start of the load on, the warm-up included.
	FromStart bool
	// Unlimited tells of a time that no request's time-out limits.
	Unlimited bool
	// Brief tells that reports show it where they sum up a phase in one line.
	Brief bool
	// Bench is the unit that it has in Go benchmark files, e.g. "p99-ns"; "": they have it not.
	Bench string
	// Undirected tells that builds are not compared by it, although a bench file has it.
	Undirected bool
	// Compared names the bench unit by which builds are compared on a claim, of which less is better; "": its own.
	Compared string
}

// Names of metrics that play a part of their own.
const (
	Goodput      = "rate"           // what a phase offers, and a capacity is searched for
	ScaledRate   = "rate_at_cpu"    // the same at a documented processor share
	P99          = "p99"            // what the generator's schedule lag is measured by
	TimeToSteady = "time_to_steady" // how long a system needs to become warm
)

// Metrics are the metrics that a claim can be made about, in the order of reports.
var Metrics = []Metric{
	{
		Name: Goodput, Unit: RequestsPerSecond, Op: AtLeast, Figure: OfGoodput, Starves: true, Bench: "req/s",
		About: "goodput: successful answers that arrived within the measurement window, at most as many as its own " +
			"requests got, divided by its length",
	},
	{
		Name: "p50", Unit: Milliseconds, Op: AtMost, Figure: OfResponse, Quantile: 0.5,
		Starves: true, Bench: "p50-ns", Brief: true,
		About: "median response time, counted from the scheduled send",
	},
	{
		Name: "p90", Unit: Milliseconds, Op: AtMost, Figure: OfResponse, Quantile: 0.9, Starves: true,
		About: "90th percentile of the response time, counted from the scheduled send",
	},
	{
		Name: "p95", Unit: Milliseconds, Op: AtMost, Figure: OfResponse,
		Quantile: 0.95, Starves: true, Bench: "p95-ns",
		About: "95th percentile of the response time, counted from the scheduled send",
	},
	{
		Name: P99, Unit: Milliseconds, Op: AtMost, Figure: OfResponse, Quantile: 0.99,
		Starves: true, Bench: "p99-ns", Brief: true,
		About: "99th percentile of the response time, counted from the scheduled send",
	},
	{
		Name: "p999", Unit: Milliseconds, Op: AtMost, Figure: OfResponse, Quantile: 0.999,
		Starves: true, Bench: "p999-ns", Brief: true,
		About: "99.9th percentile of the response time, counted from the scheduled send",
	},
	{
		Name: "errors", Unit: Percent, Op: AtMost, Figure: OfErrors, Starves: true, Bench: "error-%",
		About: "failed and unsent requests as a share of those scheduled in the measurement window",
	},
	{
		Name: "cpu_per_request", Unit: Milliseconds, Op: AtMost, Figure: OfWork, Unlimited: true, Bench: "cpu-ns/req",
		About: "processor time of the workers and their primary per request sent in the measurement window",
	},
	{
		Name: "store_cpu_per_request", Unit: Milliseconds, Op: AtMost, Figure: OfStoreWork,
		Unlimited: true, Bench: "store-cpu-ns/req",
		About: "processor time of the stores that run in processes of their own per request sent in the " +
			"measurement window",
	},
	{
		Name: "generator_cpu_per_request", Unit: Milliseconds, Op: AtMost, Figure: OfGeneratorWork,
		Unlimited: true, Bench: "gen-cpu-ns/req",
		About: "processor time of the load generator per request sent in the measurement window",
	},
	{
		Name: "memory", Unit: Mebibytes, Op: AtMost, Figure: OfMemory, FromStart: true,
		Bench: "B-rss/worker", Undirected: true, Compared: "B-own/worker",
		About: "largest resident size that any worker reached in the run",
	},
	{
		Name: "memory_own", Unit: Mebibytes, Op: AtMost, Figure: OfOwnMemory, FromStart: true, Bench: "B-own/worker",
		About: "largest size, of any worker, of what no other process shares with it: copies of one program " +
			"differ in how much of its file is resident",
	},
	{
		Name: "memory_all", Unit: Mebibytes, Op: AtMost, Figure: OfAllMemory, FromStart: true,
		About: "largest resident size that all workers together reached in the run, by readings a second apart",
	},
	{
		Name: TimeToSteady, Unit: Milliseconds, Op: AtMost, Figure: OfWarmup,
		FromStart: true, Starves: true, Unlimited: true,
		About: "from the start of the load until the backlog is gone and throughput and response times are " +
			"stationary; a run that never becomes steady misses any bound",
	},
	{
		Name: "cpu", Unit: Percent, Op: AtMost, Figure: OfProcessors, Compared: "cpu-ns/req",
		About: "processor time of the workers as a share of workers x one core over the measurement window",
	},
	{
		Name: ScaledRate, Unit: RequestsPerSecond, Op: AtLeast, Figure: OfScaled, Compared: "cpu-ns/req",
		About: "goodput scaled to the documented processor share: rate x at_cpu / cpu (utilization law)",
	},
	{
		Name: "lost", Unit: Requests, Op: AtMost, Figure: OfLost, Starves: true,
		About: "requests of the measurement window that failed or were never sent; after a stop, those that the " +
			"system had accepted before it",
	},
	{
		Name: "gap", Unit: Milliseconds, Op: AtMost, Figure: OfGap, Starves: true, Unlimited: true,
		About: "longest time within the measurement window without a good answer",
	},
	{
		Name: "jain", Unit: Percent, Op: AtLeast, Figure: OfFairness, Starves: true,
		About: "Jain's fairness index of the answers per worker, of at least 100 a worker on average",
	},
	{
		Name: "recovery", Unit: Milliseconds, Op: AtMost, Figure: OfDisturbance,
		From: []Disturb{DisturbKill, DisturbHang, DisturbLeak,
			DisturbReload, DisturbScale, DisturbChaos}, Starves: true, Unlimited: true,
		About: "from the disturbance until all workers are ready again",
	},
	{
		Name: "served", Unit: Workers, Op: AtLeast, Figure: OfServed, Starves: true,
		About: "workers that answered",
	},
	{
		Name: "replaced", Unit: Workers, Op: AtLeast, Figure: OfDisturbance, From: []Disturb{DisturbKill,
			DisturbHang, DisturbLeak, DisturbReload}, Starves: true,
		About: "workers that were replaced",
	},
	{
		Name: "collected", Unit: Workers, Op: AtLeast, Figure: OfDisturbance,
		From: []Disturb{DisturbCollect}, Starves: true,
		About: "workers that report a periodic collection",
	},
	{
		Name: "wrong", Unit: Answers, Op: AtMost, Figure: OfDisturbance, From: []Disturb{DisturbHealth,
			DisturbSessions, DisturbExhaust, DisturbConfigure, DisturbDebug},
		About: "answers that are not of the documented shape or content",
	},
	{
		Name: "session_misses", Was: "forgotten", Unit: Answers, Op: AtLeast, Figure: OfDisturbance,
		From:  []Disturb{DisturbSessions},
		About: "uses of an open session that a worker refused because it did not know it",
	},
	{
		Name: "goodput_share", Unit: Percent, Op: AtLeast, Figure: OfDisturbance, From: []Disturb{DisturbOverload},
		About: "good answers a second at twice the capacity, as a share of the capacity that was found before " +
			"and after in the same run",
	},
	{
		Name: "recovery_p99", Unit: Milliseconds, Op: AtMost, Figure: OfDisturbance,
		From: []Disturb{DisturbOverload}, Unlimited: true,
		About: "from the end of an overload of three times the capacity until the p99 of a second's requests, " +
			"at half of the capacity, is at most twice the highest of any second before",
	},
	{
		Name: "connects", Unit: Connections, Op: AtMost, Figure: OfDisturbance, From: []Disturb{DisturbOverload},
		About: "attempts of the workers to connect to their database after they were ready, but for those of a " +
			"replaced worker that filled its pool",
	},
	{
		Name: "missing", Unit: Requests, Op: AtMost, Figure: OfDisturbance, From: []Disturb{DisturbChaos},
		About: "writes that were acknowledged and are not there at the end, or there twice",
	},
	{
		Name: "primary_rss_growth", Was: "grown", Unit: Mebibytes, Op: AtMost, Figure: OfDisturbance,
		From:  []Disturb{DisturbChaos},
		About: "resident size of the primary at the end beyond that of a fresh one that has had as many workers",
	},
	{
		Name: "descriptors", Unit: Descriptors, Op: AtMost, Figure: OfDisturbance, From: []Disturb{DisturbChaos},
		About: "open descriptors of the primary at the end beyond those of a fresh one that has had as many workers",
	},
	{
		Name: "orphan_processes", Was: "left", Unit: Processes, Op: AtMost, Figure: OfDisturbance,
		From:  []Disturb{DisturbStop, DisturbExhaust},
		About: "processes of the system that still run after it has stopped",
	},
	{
		Name: "unclean", Unit: Processes, Op: AtMost, Figure: OfDisturbance,
		From:  []Disturb{DisturbStop, DisturbExhaust},
		About: "processes that ended with another exit status than documented",
	},
}

// MetricByName returns the metric of that name, or of that old name.
func MetricByName(name string) (Metric, bool) {
	for _, m := range Metrics {
		if m.Name == name || m.Was != "" && m.Was == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Those are the metrics of a kind of figure, in the order of [Metrics].
func Those(f Figure) []Metric {
	var all []Metric
	for _, m := range Metrics {
		if m.Figure == f {
			all = append(all, m)
		}
	}
	return all
}

// Brief are the metrics that reports show where they sum up a phase in one line, in the order of [Metrics].
func Brief() []Metric {
	var all []Metric
	for _, m := range Metrics {
		if m.Brief {
			all = append(all, m)
		}
	}
	return all
}

// Label is what reports call a metric, e.g. "p99.9".
func (m Metric) Label() string {
	if m.Figure != OfResponse {
		return m.Name
	}
	return "p" + strconv.FormatFloat(math.Round(m.Quantile*1e6)/1e4, 'f', -1, 64)
}

// Of returns the metric of a claim; one without a name for a claim on none.
func (c Claim) Of() Metric {
	m, _ := MetricByName(c.Metric)
	return m
}

// ComparedBy is the bench unit by which builds are compared on a claim about the metric, and whether less of it is
// better; "" when there is none.
func (m Metric) ComparedBy() (unit string, less bool) {
	if m.Compared != "" {
		return m.Compared, true
	}
	return m.Bench, m.Op == AtMost
}

// Factor is how many of the metric's bench unit are one of its own.
func (m Metric) Factor() float64 {
	switch m.Unit {
	case Milliseconds:
		return 1e6 // nanoseconds
	case Mebibytes:
		return float64(MiB)
	default:
		return 1
	}
}
