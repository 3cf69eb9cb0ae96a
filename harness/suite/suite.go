package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Version is the version of the suite format that this package reads.
const Version = 1

// Suite is one document's claims, with everything needed to put them to the test.
type Suite struct {
	Version   int        // format version, always [Version]
	Name      string     // short identifier, [a-z0-9-]
	Title     string     // one line for reports
	Source    string     // the document the claims are taken from
	Plan      Plan       // how each phase is measured
	Dataset   Dataset    // what the stores hold
	Stores    Stores     // what the stores may use
	Advice    []Advice   // what the document says of the hosts that it is for
	System    System     // what is put to the test; zero: the reference cluster
	Workloads []Workload // what is asked of the system
	Phases    []Phase    // in the order in which they are run
	Claims    []Claim    // what is to be judged

	Deprecated []Problem // old names that the file uses, which are still read; in the file's order
}

// Plan says how each phase is measured; a flag of the command line may override a field.
type Plan struct {
	Runs        int           // independent runs per phase, at least 1; fewer than 5 give no verdict
	Warmup      Warmup        // recorded, not judged
	Duration    time.Duration // of the measurement window of one run, at least 1s
	Timeout     time.Duration // a request without an answer by then has failed
	Seed        uint64        // of every random choice
	Connections int           // most connections the generator holds open, at least 1
	Arrivals    Arrivals      // how the arrivals are spaced
	Validity    Validity      // when a run counts as evidence
}

// Arrivals names how arrivals are spaced in time.
type Arrivals string

// The arrival processes there are.
const (
	ArrivalsConstant Arrivals = "constant" // one every 1/rate seconds
	ArrivalsPoisson  Arrivals = "poisson"  // uniform order statistics: a Poisson process with its count given
)

// Validity holds the bounds within which a run counts as evidence.
type Validity struct {
	// ScheduleLag is the share of a phase's p99 bound that the p99 of the generator's schedule
	// lag may reach, in the range (0,1], e.g. 0.1.
	ScheduleLag Share
	// Offered is the least share of the scheduled requests that must have been
	// sent, in the range (0,1], e.g. 0.99.
	Offered Share
	// HostNoise is the largest relative difference between the fixed spins measured
	// before and after a run, in the range (0,1], e.g. 0.25.
	HostNoise Share
	// OtherLoad is the processor time that others than the run may take in a measurement window, in cores
	// over the whole of it; 0 stands for [DefaultOtherLoad]. See [Validity.Others].
	OtherLoad float64
}

// DefaultOtherLoad is well below the half core of a disturbance that occupies a core for half of the
// window, and above what a quiet host shows (bench/characteristics).
const DefaultOtherLoad = 0.15

// manyCores is from how many cores on a host may be loaded by others in proportion to its size: a
// core less is little to it.
const manyCores = 12

// Others is the processor time that others may take on a host with so many usable cores, in
// cores over the whole window.
func (v Validity) Others(cores float64) float64 {
	if v.OtherLoad > 0 {
		return v.OtherLoad
	}
	return DefaultOtherLoad * max(1, cores/manyCores)
}

// Dataset sizes the data that the stores hold; it is generated from the plan's seed.
type Dataset struct {
	Accounts     int // at least 100
	Transactions int // in total, at least as many as accounts
}

// Stores says what each store may use at most. Only stores that run in containers can be
// limited; others are noted as unlimited.
type Stores struct {
	Postgres Limit
	Redis    Limit
}

// Advice is a bound on a host's memory that a document gives for a default configuration. It
// is not measured; an audit holds it against that configuration.
type Advice struct {
	ID        string
	Source    string
	Least     Size // memory of the host from which on the configuration is advised
	Workers   int  // of that configuration
	PerWorker Size // memory limit of each
}

// Limit is what a store may use at most; zero fields are no limit.
type Limit struct {
	CPUs   float64 // processors, e.g. 0.5
	Memory Size
}

// Limit is the limit of a store.
func (s Stores) Limit(store Store) Limit {
	i := slices.IndexFunc(storeKinds, func(k storeKind) bool { return k.name == store })
	if i < 0 {
		return Limit{}
	}
	return *storeKinds[i].limit(&s)
}

// Kind says what makes the requests of a workload.
type Kind string

// The kinds of workload there are.
const (
	Platform   Kind = "platform"   // a mix of the platform's operations
	Calibrated Kind = "calibrated" // each request burns a given processor time and waits for a given time
)

// Workload is what is asked of the system.
type Workload struct {
	Name string
	Kind Kind
	Mix  []MixedItem   // of the platform's operations; shares add up to 100 %
	CPU  time.Duration // that each calibrated request costs in all
	// Serving is the part of CPU that serving the request costs by itself; the rest is burnt,
	// by the thread's own clock.
	Serving  time.Duration
	Wait     time.Duration // that each calibrated request waits without using the processor
	Requests []HTTPRequest // of an http workload, at least one
	Rows     string        // CSV file with a header line, from the suite's folder, for ${row.COLUMN}; "" for none
}

// Burnt is the processor time that each calibrated request burns.
func (w Workload) Burnt() time.Duration { return w.CPU - w.Serving }

// MixedItem is one operation's share of a workload.
type MixedItem struct {
	Operation string // one of [Operations]
	Share     Share  // in the range (0,1]
}

// Operations are the operations of the platform workload, in the order of reports.
var Operations = []string{
	"account", "transactions", "transfer", "import", "risk", "classify", "login", "session",
}

// Phase is one configuration of the system at one offered rate.
type Phase struct {
	Number   int    // 1 and up, unique
	Name     string // short identifier, unique
	Source   string // where the document describes it
	Cluster  bool   // false: one process that serves by itself
	Workers  int    // worker processes, at least 1; 1 when Cluster is false
	Cores    int    // processors that the document gives it; 0: one for each worker, see [Phase.Processors]
	Memory   Size   // limit per worker
	Stores   []Store
	Rate     Rate  // offered, open arrivals
	Shape    Shape // how the rate changes over the measurement window; zero: it stays
	Workload string
	Group    Group   // [GroupPhases] when the file names none
	Disturb  Disturb // what is done to the system within the measurement window; "" for nothing
	// System is [SystemReference] for a phase in which the reference cluster is measured beside the
	// suite's own system; "" for the suite's.
	System SystemKind
	// Duration is the length of the measurement window where an override asks for another than the plan's; else 0.
	Duration time.Duration
}

// Title is what the phase is called in texts, e.g. "phase 2" or "benchmark 14".
func (p Phase) Title() string {
	return fmt.Sprintf("%s %d", strings.ToLower(p.Group.Title()), p.Number)
}

// Processors is how many processors the document gives the phase.
func (p Phase) Processors() int {
	if p.Cores > 0 {
		return p.Cores
	}
	return p.Workers
}

// SameWork reports whether another phase asks the same of the same system and stores.
func (p Phase) SameWork(o Phase) bool {
	return p.Workload == o.Workload && p.System == o.System && slices.Equal(p.Stores, o.Stores)
}

// Group names phases that are run together.
type Group string

// The groups there are.
const (
	GroupPhases     Group = "phases"     // the documented phases of growth
	GroupBenchmarks Group = "benchmarks" // rows of a documented benchmark table
	GroupBehaviour  Group = "behaviour"  // what the system does when it is disturbed
)

// Groups are all groups, in the order of reports.
var Groups = []Group{GroupPhases, GroupBenchmarks, GroupBehaviour}

// Title is what a phase of the group is called in reports, e.g. "Phase".
func (g Group) Title() string {
	switch g {
	case GroupBenchmarks:
		return "Benchmark"
	case GroupBehaviour:
		return "Behaviour"
	default:
		return "Phase"
	}
}

// Store names a kind of store that a phase needs.
type Store string

// The stores there are.
const (
	Postgres Store = "postgres"
	Redis    Store = "redis"
)

// storeKind is all that a suite knows of a kind of store.
type storeKind struct {
	name  Store
	says  string // what its limits are, in the description of the format
	limit func(*Stores) *Limit
}

// storeKinds are in the order of suites and of bench files.
var storeKinds = []storeKind{
	{Postgres, "What PostgreSQL may use.", func(s *Stores) *Limit { return &s.Postgres }},
	{Redis, "What Redis may use.", func(s *Stores) *Limit { return &s.Redis }},
}

// StoreKinds are the kinds of store that a phase can need, in the order of bench files.
var StoreKinds = storeNames()

func storeNames() (names []Store) {
	for _, k := range storeKinds {
		names = append(names, k.name)
	}
	return names
}

// Op compares a measured value with a documented one.
type Op string

// The comparisons there are.
const (
	AtLeast Op = ">="
	AtMost  Op = "<="
)

// Claim is one documented figure, bound to a metric and to the phase in which it is measured.
type Claim struct {
	ID        string   // unique, e.g. "P1.rate"
	Phase     int      // number of a phase of the suite
	Source    string   // where the document says so; required unless Derived
	Derived   string   // the reason, when the document does not state the figure itself
	Metric    string   // one of [Metrics]
	Op        Op       // must suit the metric
	Value     Quantity // as documented
	To        Quantity // upper end of a documented range that starts at Value; zero: no range
	AtCPU     Share    // documented processor share, of the metrics that are scaled to one; 0: none
	Over      int      // number of the phase that the figure is divided by; 0: the figure itself
	Tolerance Share    // in the range [0,1): the share of Value by which a measurement may fall short of it
	Needs     Needs    // what the host must have for the claim to be testable; zero: nothing
}

// Needs is what a host must have for a claim to be testable on it.
type Needs struct {
	Cores  int  // usable processors; 0: any number
	Memory Size // of the host; 0: any
}

// Bound is the value that a measurement is compared with: Value widened by Tolerance.
func (c Claim) Bound() float64 {
	if c.Op == AtLeast {
		return c.Value.Value * (1 - float64(c.Tolerance))
	}
	return c.Value.Value * (1 + float64(c.Tolerance))
}

// Unit is the unit of the claim's figures: that of its metric, or [Ratio] when it
// compares two phases.
func (c Claim) Unit() Unit {
	if c.Over != 0 {
		return Ratio
	}
	return c.Of().Unit
}

// Met reports whether a measured value, in the metric's unit, meets the claim.
func (c Claim) Met(measured float64) bool {
	if c.Op == AtLeast {
		return measured >= c.Bound()
	}
	return measured <= c.Bound()
}

// Phase returns the phase with the given number.
func (s *Suite) Phase(number int) (Phase, bool) {
	for _, p := range s.Phases {
		if p.Number == number {
			return p, true
		}
	}
	return Phase{}, false
}

// Workload returns the workload with the given name.
func (s *Suite) Workload(name string) (Workload, bool) {
	for _, w := range s.Workloads {
		if w.Name == name {
			return w, true
		}
	}
	return Workload{}, false
}

// ClaimsOf returns the claims on the phase with the given number, in the suite's order.
func (s *Suite) ClaimsOf(number int) []Claim {
	var claims []Claim
	for _, c := range s.Claims {
		if c.Phase == number {
			claims = append(claims, c)
		}
	}
	return claims
}
