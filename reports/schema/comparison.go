package schema

import (
	_ "embed"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/regress/hotspot"
)

// CompareJSON is the schema of [Comparison].
//
//go:embed compare.schema.json
var CompareJSON []byte

// Comparison is what became of every figure between a base and a head.
type Comparison struct {
	// Version of this form; it grows when a field changes its meaning or goes.
	Version int    `json:"version" jsonschema:"minimum=1"`
	Base    string `json:"base"`
	Head    string `json:"head"`
	// Changes has one entry for each figure that both sides measured.
	Changes []Change `json:"changes"`
	// OnlyOneSide names the figures that only one side measured.
	OnlyOneSide []string `json:"only_one_side"`
	// Within is the half-width to which the intervals of CPU per request were to be narrowed, as a share of the ratio;
	// null when they were not.
	Within *float64 `json:"within" jsonschema:"nullable,minimum=0"`
	// Widths has one entry for each phase whose pairs were measured.
	Widths []Width `json:"widths"`
	// BudgetSpent tells that the budget of time ended before there were pairs enough.
	BudgetSpent bool `json:"budget_spent"`
	// Profiles has one entry for each phase that got worse between two revisions.
	Profiles []Profiled `json:"profiles"`
}

// Width is how wide the interval of a phase's ratio of CPU per request is.
type Width struct {
	Phase int `json:"phase" jsonschema:"minimum=1"`
	Pairs int `json:"pairs" jsonschema:"minimum=0"`
	// HalfWidth of the interval at 95 %, as a share of the ratio; null when it is not known.
	HalfWidth *float64 `json:"half_width" jsonschema:"nullable,minimum=0"`
	// MorePairs is about how many pairs it would take to reach the width that is wanted; null when none, or not known.
	MorePairs *int `json:"more_pairs" jsonschema:"nullable,minimum=1"`
	// Turn is the length of the turns in which base and head were loaded; null when one was measured after the other.
	Turn *float64 `json:"turn_ms" jsonschema:"nullable,minimum=0"`
}

// Profiled is how the processor time of two builds differs in a phase.
type Profiled struct {
	Phase int `json:"phase" jsonschema:"minimum=1"`
	// Missing says why there are no profiles to compare; empty when there are.
	Missing     string `json:"missing"`
	BaseSamples int64  `json:"base_samples" jsonschema:"minimum=0"`
	HeadSamples int64  `json:"head_samples" jsonschema:"minimum=0"`
	// Functions are those that differ by more than chance explains, the most different first.
	Functions []Function `json:"functions"`
}

// Function is the processor time that was spent in a function.
type Function struct {
	Function string `json:"function"`
	// Under is the innermost function of this module on the way there; empty for none.
	Under string `json:"under"`
	// Base and Head are nanoseconds per request.
	Base float64 `json:"base" jsonschema:"minimum=0"`
	Head float64 `json:"head" jsonschema:"minimum=0"`
}

// Change is what became of one figure.
type Change struct {
	Benchmark string `json:"benchmark"`
	Unit      string `json:"unit"`
	// Better is 1 when higher is better, -1 when lower is, 0 when neither is.
	Better int `json:"better" jsonschema:"enum=1,enum=0,enum=-1"`
	// Base and Head are the values of the runs.
	Base    []float64 `json:"base"`
	Head    []float64 `json:"head"`
	Outcome string    `json:"outcome" jsonschema:"enum=regress,enum=improve,enum=same,enum=cannot tell"`
	// Ratio is head over base; null when a value is not above 0 or the runs are too few.
	Ratio *float64 `json:"ratio" jsonschema:"nullable,minimum=0"`
	// Low and High are the ends of the ratio's interval at 95 %.
	Low  *float64 `json:"low" jsonschema:"nullable,minimum=0"`
	High *float64 `json:"high" jsonschema:"nullable,minimum=0"`
	// P is the chance of so different runs if base and head were alike, in the range [0,1].
	P float64 `json:"p" jsonschema:"minimum=0,maximum=1"`
	// MorePairs is about how many pairs it would take to tell; null when none, or not known.
	MorePairs *int `json:"more_pairs" jsonschema:"nullable,minimum=1"`
	// Why it came to the outcome.
	Why string `json:"why"`
}

// OfComparison is the document of a comparison.
func OfComparison(
	base, head string, r compare.Report, pairs compare.Pairs, only []string, profiled []Profiled,
) Comparison {
	d := Comparison{
		Version: Version, Base: base, Head: head, Changes: []Change{}, OnlyOneSide: list(only),
		Profiles: list(profiled), Within: finite(pairs.Within, pairs.Within > 0), Widths: []Width{},
		BudgetSpent: pairs.Spent,
	}
	for _, w := range pairs.Widths {
		d.Widths = append(d.Widths, Width{
			Phase: w.Phase, Pairs: w.Pairs, HalfWidth: finite(w.Half, w.Half > 0), MorePairs: known(w.More, w.More > 0),
			Turn: finite(1000*w.Turn.Seconds(), w.Turn > 0),
		})
	}
	for _, c := range r.Changes {
		d.Changes = append(d.Changes, Change{
			Benchmark: c.Benchmark, Unit: c.Unit, Better: int(c.Better), Base: list(c.Base), Head: list(c.Head),
			Outcome: string(c.Outcome), Ratio: finite(c.Ratio, c.Ratio > 0), Low: finite(c.Low, c.Ratio > 0),
			High: finite(c.High, c.Ratio > 0), P: c.P, MorePairs: known(c.More, c.More > 0), Why: c.Why,
		})
	}
	return d
}

// OfProfiles is the document of the profiles of two builds in one phase.
func OfProfiles(phase int, base, head *hotspot.Profile, changes []hotspot.Change) Profiled {
	d := Profiled{Phase: phase, BaseSamples: base.Samples, HeadSamples: head.Samples, Functions: []Function{}}
	for _, c := range changes {
		d.Functions = append(d.Functions, Function{Function: c.Function, Under: c.Under, Base: c.Base, Head: c.Head})
	}
	return d
}
