package judge

import "encoding/json"

// Code names why a run is excluded, or says less than others. Decisions look at codes; the
// sentences are made in wording.go.
type Code string

// The codes there are.
const (
	Interrupted       Code = "interrupted"         // its window was cut short
	NoSamples         Code = "no-samples"          // no request of the measurement window was sent
	BrokenMeanwhile   Code = "fault"               // Name is what broke
	LoadNotOffered    Code = "load-not-offered"    // Seen of To requests were released; Allowed is the least share
	ScheduleLag       Code = "schedule-lag"        // Seen is the p99 in ms; Allowed is the share From of what Name says
	LagUnknown        Code = "lag-unknown"         // the schedule lag was not recorded
	OutOfRange        Code = "out-of-range"        // Seen values
	SpeedUnknown      Code = "speed-unknown"       // the host's speed was not measured on both sides of the run
	HostSlowed        Code = "host-slowed"         // fixed work took From ms before, To ms after; Seen, Allowed: shares
	HostSpedUp        Code = "host-sped-up"        // the same, the other way: what was slower before was disturbed
	ProcessorStolen   Code = "processor-stolen"    // by the hypervisor: Seen and Allowed are shares of processor time
	ProcessorsShared  Code = "processors-shared"   // others took Seen of To cores in the part Name, else in the window
	ClockJump         Code = "clock-jump"          // by From s of wall clock, To s of monotonic; Allowed apart
	FrequencyFell     Code = "frequency-fell"      // from From to To MHz; Seen and Allowed are shares
	FrequencyRose     Code = "frequency-rose"      // the same, the other way
	SpeedDrifted      Code = "speed-drifted"       // over a phase, from From to To ms; Seen and Allowed are shares
	SpeedFellSteadily Code = "speed-fell-steadily" // the same, and ever slower

	ProcessorsGaveOut Code = "processors-gave-out" // Seen is the share of From cores that were busy; To are documented
	GeneratorStarved  Code = "generator-starved"   // Seen is its lag in ms; the host has From cores, To are documented
	FewerProcessors   Code = "fewer-processors"    // Seen times the bound; From cores, not To, explain Allowed times
	MemoryGaveOut     Code = "memory-gave-out"     // a worker reached Seen of its From MiB; To are documented

	NoMetric         Code = "no-metric"          // the run has no sample of the metric Name
	NothingToCompare Code = "nothing-to-compare" // phase Seen has no run to compare with
	NothingSucceeded Code = "nothing-succeeded"  // how fast requests fail proves no response time

	WindowTooShort    Code = "window-too-short"   // to tell a steady state: Seen whole seconds, Allowed needed
	TooFewRequests    Code = "too-few-requests"   // the same: fewer than Allowed answers in a second
	BacklogGrew       Code = "backlog-grew"       // by From requests over To seconds; Seen is the share of the offered
	ThroughputChanged Code = "throughput-changed" // at second Seen, from the share From to To
	P99Changed        Code = "p99-changed"        // at second Seen, from From to To ms
)

// Reason is why a run is excluded, or says less than others: a code with its figures, of which the code
// tells the meaning and the unit. The zero value is none.
type Reason struct {
	Code    Code    `json:"code"`
	Name    string  `json:"name,omitempty"`
	Seen    float64 `json:"seen,omitempty"`
	Allowed float64 `json:"allowed,omitempty"`
	From    float64 `json:"from,omitempty"`
	To      float64 `json:"to,omitempty"`
}

// MarshalJSON adds the sentence to the code and its figures.
func (r Reason) MarshalJSON() ([]byte, error) {
	type figures Reason
	return json.Marshal(struct {
		figures
		Text string `json:"text"`
	}{figures(r), r.String()})
}

// None reports whether there is no reason.
func (r Reason) None() bool { return r.Code == "" }

// Direction says what a disturbance can do to the figures of a run.
type Direction int

// The directions there are.
const (
	_ Direction = iota
	// Blind is a disturbance after which nothing is known: the run is excluded whatever it yielded.
	Blind
	// EitherWay can make figures better as well as worse: the run is excluded, too.
	EitherWay
	// OnlyHurts can make figures no better: who meets a bound all the same would have met it.
	OnlyHurts
)

// guard is one test of whether a run is evidence.
type guard struct {
	test  func(Input, Evidence) Reason
	codes map[Code]Direction // that the test may give, each with what it does to the figures
}

// guards are all guards, in the order in which their reasons are printed. Only the generator, the recorder, the
// host and what surrounds the system can exclude a run; a slow or failing system cannot, so
// that its runs stay evidence against it. A new one is one row here and one in wording.go.
var guards = []guard{
	{notOffered, map[Code]Direction{LoadNotOffered: Blind}},
	{late, map[Code]Direction{ScheduleLag: OnlyHurts, LagUnknown: Blind}},
	{outOfRange, map[Code]Direction{OutOfRange: Blind}},
	// A host has one speed of its own, the fastest that was read: whatever was slower, before or after, was disturbed.
	{noisy, map[Code]Direction{HostSlowed: OnlyHurts, HostSpedUp: OnlyHurts, SpeedUnknown: Blind}},
	{stolen, map[Code]Direction{ProcessorStolen: OnlyHurts}},
	{shared, map[Code]Direction{ProcessorsShared: OnlyHurts}},
	{clocks, map[Code]Direction{ClockJump: Blind}},
	{frequency, map[Code]Direction{FrequencyFell: OnlyHurts, FrequencyRose: EitherWay}},
}

// directions are those of all codes of the guards; others are not of a disturbance.
var directions = func() map[Code]Direction {
	all := map[Code]Direction{NoSamples: Blind, BrokenMeanwhile: Blind}
	for _, g := range guards {
		for code, direction := range g.codes {
			all[code] = direction
		}
	}
	return all
}()
