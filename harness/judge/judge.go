// Package judge turns claims and measurements into verdicts.
//
// It is pure: it opens nothing, sends nothing and reads no clock, so that a
// verdict can be reached again from an archive alone.
package judge

import (
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Verdict is the outcome of a claim. The zero value is no verdict and cannot be encoded.
type Verdict int

// The verdicts, in rising precedence when several are composed (see [Compose]).
const (
	_            Verdict = iota
	Verified             // the evidence shows that the claim holds
	Untestable           // the host does not have what the claim needs, or gave out
	Inconclusive         // the evidence does not decide
	Invalid              // the measurement itself cannot be trusted
	Refuted              // the evidence shows that the claim does not hold
)

// Evidence is what one independent run (fresh processes) yielded.
type Evidence struct {
	Run     int             // 1 and up, within its phase
	Workers int             // worker processes that the run was configured with
	Window  *measure.Window // the measurement window
	Usage   *measure.Usage
	Noise   measure.HostNoise
	// Values are the metrics that a disturbance of the run yielded, by name and in the
	// metric's unit. They take precedence over what the window says.
	Values map[string]float64
	Faults []string // what broke meanwhile, e.g. "store postgres fell over"; any of them makes the run invalid
}

// Host is what a claim's needs are checked against.
type Host struct {
	Cores  int        // usable processors
	Online int        // of the machine; more than Cores where this program may use only a part of it
	Memory suite.Size // usable memory
}

// Input is everything that the verdicts on one phase rest on.
type Input struct {
	Phase    suite.Phase // its Rate is the one that was offered
	Claims   []suite.Claim
	Validity suite.Validity
	Host     Host
	Memory   suite.Size // limit that each worker was given; 0: not known
	Runs     []Evidence // finished runs only
	// Capacity is the highest rate that met the claims, where it was searched for; else nil.
	Capacity *Interval
	Planned  int // runs that were to be made
	// Over is what the phases yielded that claims of this one are compared with, by number.
	Over map[int]Input
	// Like is what another phase with the same work yielded, from which claims that the host
	// cannot test are projected; nil when there is none.
	Like *Input
}

// Interval is a figure with the interval that holds it.
type Interval struct {
	Value     float64
	Low, High float64 // High is 0 when there is no upper end
	AtLeast   bool    // the figure is Value or more
}

// Result is the verdict on one claim, with what it rests on.
type Result struct {
	Claim  string     `json:"claim"` // its ID
	Phase  int        `json:"phase"`
	Metric string     `json:"metric"`
	Op     suite.Op   `json:"op"`
	Value  float64    `json:"documented"` // as documented
	Bound  float64    `json:"bound"`      // Value widened by the claim's tolerance
	Unit   suite.Unit `json:"unit"`
	To     float64    `json:"to,omitempty"`   // upper end of the documented range; 0: no range
	Over   int        `json:"over,omitempty"` // the phase whose figure this one was divided by; 0: none
	// Understated is how far the documented range undersells, as the ratio of the median to
	// its upper end; 0 unless the claim was verified and every run lay above the range.
	Understated float64   `json:"understated,omitempty"`
	Measured    []float64 `json:"measured"` // one value per valid run, in the unit, in the order of the runs
	Invalid     []string  `json:"invalid"`  // why runs were excluded, one line a run: "run 3: …"
	Verdict     Verdict   `json:"verdict"`
	Reasons     []string  `json:"reasons"` // why this verdict, most important first
	// Whys are the Reasons with their codes, in the same order; none in archives of older versions.
	Whys []Why `json:"whys,omitempty"`
	// Runs is what each run says about the claim, with the codes of what speaks against it.
	Runs  []Outcome `json:"runs,omitempty"`
	Rule  string    `json:"rule"`  // the rule applied, e.g. "sign test: 6 of 6 runs met the bound"
	Alpha float64   `json:"alpha"` // chance of a wrong decision at the bound, each way; 0 when none was reached
	// Projection is what a model makes of a claim that this host cannot test; nil when there is none.
	Projection *Projection `json:"projection,omitempty"`
	// Headroom is how much is to spare, as a ratio; above 1 is good. Of a rate it is the capacity over the
	// documented rate, and 0 when the capacity was not searched for: a system that is offered a rate
	// achieves no more. Of all others it is how far the median lies on the good side of the bound: measured/bound for
	// ">=", bound/measured for "<="; 0 when there is no measurement, [MaxHeadroom] when
	// it is that or more, as it is for a share of errors of 0.
	Headroom float64 `json:"headroom"`
	// HeadroomLow and HeadroomHigh are the ends of its interval, where it has one; 0: no such end.
	HeadroomLow  float64 `json:"headroom_low,omitempty"`
	HeadroomHigh float64 `json:"headroom_high,omitempty"`
	// HeadroomAtLeast says that it is this or more: the search for the capacity went no higher.
	HeadroomAtLeast bool `json:"headroom_at_least,omitempty"`
	// Cores are the processors that the host has, and DocumentedCores what the document gives the phase,
	// where it has fewer; else 0.
	Cores           int `json:"cores,omitempty"`
	DocumentedCores int `json:"documented_cores,omitempty"`
	// Shares are the processors that each role took in the runs in which the host gave out; none without such runs.
	Shares []Share `json:"shares,omitempty"`
	// Spread is the coefficient of variation of Measured, in the range [0,∞).
	Spread float64 `json:"spread"`
	// Power says how much headroom a verdict needs, given the spread seen; "" when fewer than two runs tell of it.
	Power string `json:"power"`
}
