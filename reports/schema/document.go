// Package schema is the machine-readable form of a report: one JSON object, and the
// JSON Schema (draft 2020-12) that it keeps to.
package schema

import _ "embed"

// JSON is the schema of [Document].
//
//go:embed verify.schema.json
var JSON []byte

// Document is what verify found. A figure that is not known is null, never 0.
type Document struct {
	// Version of this form; it grows when a field changes its meaning or goes.
	Version int `json:"version" jsonschema:"minimum=1"`
	// Run is the run's id, the name of its archive.
	Run string `json:"run"`
	// Exit is the exit status: 0 verified, 1 refuted, 3 no verdict, 4 environment failed, 130 interrupted.
	Exit int `json:"exit" jsonschema:"minimum=0,maximum=255"`
	// Verdict on all claims together; null when the run was not judged.
	Verdict *Verdict `json:"verdict" jsonschema:"nullable"`
	// Started is when the run began, in UTC.
	Started string `json:"started" jsonschema:"format=date-time"`
	// Interrupted is true when the run was stopped before its plan was done.
	Interrupted bool `json:"interrupted"`
	// Failure says why the environment could not be brought up or kept up; null when it could.
	Failure *string `json:"failure" jsonschema:"nullable"`
	Suite   Suite   `json:"suite"`
	Host    Host    `json:"host"`
	Build   Build   `json:"build"`
	Claims  []Claim `json:"claims"`
	Phases  []Phase `json:"phases"`
	// Scaling is the Universal Scalability Law fitted to the capacities; null when there is no fit.
	Scaling *Scaling `json:"scaling" jsonschema:"nullable"`
	// Notes are what a reader of the figures must know.
	Notes []string `json:"notes"`
}

// Verdict is the outcome of a claim.
type Verdict string

// Suite names the claims that were put to the test.
type Suite struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Host is the machine that the run was made on.
type Host struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel"`
	CPU    string `json:"cpu"`
	// Cores usable, after affinity and limits.
	Cores *int `json:"cores" jsonschema:"nullable"`
	// MemoryBytes usable, after limits.
	MemoryBytes *int64 `json:"memory_bytes" jsonschema:"nullable"`
}

// Build is the program that made the run.
type Build struct {
	Nameplate string `json:"nameplate"`
	Go        string `json:"go"`
	Revision  string `json:"revision"`
	Modified  bool   `json:"modified"`
}

// Claim is a documented figure with its verdict.
type Claim struct {
	ID     string `json:"id"`
	Phase  int    `json:"phase" jsonschema:"minimum=1"`
	Metric string `json:"metric"`
	// Documented is the figure as documented.
	Documented float64 `json:"documented"`
	// Op is how a measurement must compare with the figure.
	Op   string `json:"op" jsonschema:"enum=>=,enum=<="`
	Unit string `json:"unit"`
	// To is the upper end of the documented range that starts at documented; null when it is no range.
	To *float64 `json:"to" jsonschema:"nullable"`
	// Over is the phase by whose figure this phase's was divided; null when it was not.
	Over *int `json:"over" jsonschema:"nullable"`
	// Understated is the median divided by the upper end of the range, when every run lay above the range; else null.
	Understated *float64 `json:"understated" jsonschema:"nullable"`
	// Bound is the documented figure with the claim's tolerance: what was judged against.
	Bound float64 `json:"bound"`
	// Measured is one value per run that counts, in the order of the runs.
	Measured []float64 `json:"measured"`
	// Median of the measured values.
	Median *float64 `json:"median" jsonschema:"nullable"`
	// Headroom is how much is to spare, as a ratio: above 1 is good; 1000 stands for that or more. Of a rate it is the
	// capacity over the documented rate, null when the capacity was not searched for; of all others how far the median
	// lies on the good side of the bound.
	Headroom *float64 `json:"headroom" jsonschema:"nullable,minimum=0,maximum=1000"`
	// HeadroomLow and HeadroomHigh are the ends of its interval; null for no end.
	HeadroomLow  *float64 `json:"headroom_low" jsonschema:"nullable,minimum=0"`
	HeadroomHigh *float64 `json:"headroom_high" jsonschema:"nullable,minimum=0"`
	// Cores of the host and those that the document gives the phase, where the host has fewer; else null.
	Cores           *int `json:"cores" jsonschema:"nullable"`
	DocumentedCores *int `json:"documented_cores" jsonschema:"nullable"`
	// Spread is the coefficient of variation of the measured values; null with fewer than two.
	Spread *float64 `json:"spread" jsonschema:"nullable,minimum=0"`
	// Verdict is null when the claim was not judged.
	Verdict *Verdict `json:"verdict" jsonschema:"nullable"`
	// Projection is what a model makes of a claim that the host cannot test; null when there is none.
	Projection *Projection `json:"projection" jsonschema:"nullable"`
	// Reasons for the verdict, most important first.
	Reasons []string `json:"reasons"`
	// Rule is the rule that was applied, with its counts.
	Rule string `json:"rule"`
	// Alpha is the chance of a wrong decision, each way, when the truth lies at the bound; null without a decision.
	Alpha *float64 `json:"alpha" jsonschema:"nullable,minimum=0,maximum=1"`
	// Provider is what each store of the phase ran on.
	Provider map[string]Provider `json:"provider"`
}

// Projection is no measurement, and no verdict follows from it.
type Projection struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Model says what was assumed.
	Model string `json:"model"`
	// Met is true when the value lies on the good side of the bound.
	Met bool `json:"met"`
}

// Provider is what a store ran on.
type Provider struct {
	Provider string `json:"provider"`
	Product  string `json:"product"`
	Version  string `json:"version"`
}

// Phase is what was measured in one phase, pooled over the runs that count: histograms
// merged, counts summed. With no such run all its figures are null.
type Phase struct {
	Phase int    `json:"phase" jsonschema:"minimum=1"`
	Name  string `json:"name"`
	// Group of the phase.
	Group string `json:"group" jsonschema:"enum=phases,enum=benchmarks,enum=behaviour"`
	// Disturb names what was done to the system within the measurement window; null when nothing was.
	Disturb *string `json:"disturb" jsonschema:"nullable"`
	Workers *int    `json:"workers" jsonschema:"nullable,minimum=1"`
	// Offered is the mean rate of the schedule over the measurement window, in requests per second.
	Offered *float64 `json:"offered" jsonschema:"nullable"`
	Figures
	Requests *Requests `json:"requests" jsonschema:"nullable"`
	// StoreWork is what the stores did in the measurement windows of the runs that count, by their own
	// counters; null when none told.
	StoreWork *StoreWork          `json:"store_work" jsonschema:"nullable"`
	Provider  map[string]Provider `json:"provider"`
	// Verdict on the phase's claims together; null when none was judged.
	Verdict *Verdict `json:"verdict" jsonschema:"nullable"`
	// Capacity is the highest rate that met the bounds; null when it was not searched for.
	Capacity *Capacity `json:"capacity" jsonschema:"nullable"`
	// Counted is how many of the runs are evidence.
	Counted int   `json:"counted" jsonschema:"minimum=0"`
	Runs    []Run `json:"runs"`
}

// StoreWork is what the stores did. A figure that a store does not tell is in no map.
type StoreWork struct {
	// Seconds that the counts were made in.
	Seconds float64            `json:"seconds"`
	Counts  map[string]float64 `json:"counts"`
	// Levels at the end, e.g. memory in use; ratios in the range [0,1].
	Levels  map[string]float64 `json:"levels"`
	Unknown []string           `json:"unknown"`
}

// Scaling is X(N) = gamma N / (1 + sigma (N-1) + kappa N (N-1)) fitted to capacities.
type Scaling struct {
	Gamma float64 `json:"gamma"`
	Sigma float64 `json:"sigma"`
	Kappa float64 `json:"kappa"`
	R2    float64 `json:"r2"`
	// Points are the capacities that the fit rests on.
	Points   []ScalingPoint `json:"points"`
	LeftOut  []string       `json:"left_out"`
	Warnings []string       `json:"warnings"`
}

// ScalingPoint is a capacity at a number of workers.
type ScalingPoint struct {
	Workers  float64 `json:"workers"`
	Capacity float64 `json:"capacity"`
}

// Capacity is what a search for the highest rate that meets a phase's bounds found.
type Capacity struct {
	// Rate in requests per second; null when nothing is known.
	Rate *float64 `json:"rate" jsonschema:"nullable"`
	// Low and High are the ends of the interval that holds it with the chance Level; null for no end.
	Low   *float64 `json:"low" jsonschema:"nullable"`
	High  *float64 `json:"high" jsonschema:"nullable"`
	Level float64  `json:"level"`
	// AtLeast is true when the capacity is the rate or more, AtMost when it is below it.
	AtLeast bool `json:"at_least"`
	AtMost  bool `json:"at_most"`
	// Reason says why the search ended, Bottleneck which resource was short first.
	Reason     string `json:"reason"`
	Bottleneck string `json:"bottleneck"`
	Tried      []Try  `json:"tried"`
}

// Try is one run of a search.
type Try struct {
	Offered float64 `json:"offered"`
	Outcome string  `json:"outcome" jsonschema:"enum=met,enum=missed,enum=generator-bound,enum=void"`
	// Why it was no evidence or missed a bound.
	Why []string `json:"why"`
}

// Run is one independent run, whether it counts or not.
type Run struct {
	Run int `json:"run" jsonschema:"minimum=1"`
	// Counted is true when the run is evidence.
	Counted bool `json:"counted"`
	// Reasons why it is none.
	Reasons []string `json:"reasons"`
	// Codes of these reasons, in the same order: what a program should look at.
	Codes []string `json:"codes"`
	// Values are the metrics that the disturbance yielded, by name.
	Values map[string]float64 `json:"values"`
	// Disturbed says what the disturbance did and saw.
	Disturbed []string `json:"disturbed"`
	Figures
}

// Figures are what was measured.
type Figures struct {
	// Achieved is the rate of good answers within the measurement window, in requests per second.
	Achieved *float64 `json:"achieved" jsonschema:"nullable,minimum=0"`
	// P50 of the response time, counted from the scheduled send, in milliseconds.
	P50 *float64 `json:"p50_ms" jsonschema:"nullable,minimum=0"`
	// P99 of the same.
	P99 *float64 `json:"p99_ms" jsonschema:"nullable,minimum=0"`
	// P999 of the same (99.9 %).
	P999 *float64 `json:"p999_ms" jsonschema:"nullable,minimum=0"`
	// Errors is the number of requests that failed or were never sent.
	Errors    *uint64   `json:"errors" jsonschema:"nullable,minimum=0"`
	Generator Generator `json:"generator"`
	Cluster   Cluster   `json:"cluster"`
	Stores    Stores    `json:"stores"`
}

// Requests counts the requests of the measurement windows.
type Requests struct {
	Offered   uint64 `json:"offered"`
	Sent      uint64 `json:"sent"`
	Unsent    uint64 `json:"unsent"`
	Succeeded uint64 `json:"succeeded"`
	Failed    uint64 `json:"failed"`
}

// Generator is how well the load generator kept to its schedule, and what it used.
type Generator struct {
	ScheduleLagP50 *float64 `json:"late_p50_ms" jsonschema:"nullable,minimum=0"`
	ScheduleLagP99 *float64 `json:"late_p99_ms" jsonschema:"nullable,minimum=0"`
	CPUPerRequest  *float64 `json:"cpu_us_per_request" jsonschema:"nullable,minimum=0"`
}

// Cluster is what the workers and their primary used.
type Cluster struct {
	CPUPerRequest *float64 `json:"cpu_us_per_request" jsonschema:"nullable,minimum=0"`
	// CPU of the workers as a share of workers x one core, in percent.
	CPU *float64 `json:"cpu_percent" jsonschema:"nullable,minimum=0"`
	// Memory is the largest resident size of any worker, in MiB.
	Memory *float64 `json:"memory_mib" jsonschema:"nullable,minimum=0"`
}

// Stores is what the stores used that run in processes of their own.
type Stores struct {
	CPUPerRequest *float64 `json:"cpu_us_per_request" jsonschema:"nullable,minimum=0"`
}
