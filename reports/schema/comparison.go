package schema

import (
	_ "embed"

	"github.com/nameplate-dev/nameplate/harness/compare"
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
	// Why it came to the outcome.
	Why string `json:"why"`
}

// OfComparison is the document of a comparison.
func OfComparison(base, head string, r compare.Report, only []string) Comparison {
	d := Comparison{Version: Version, Base: base, Head: head, Changes: []Change{}, OnlyOneSide: list(only)}
	for _, c := range r.Changes {
		d.Changes = append(d.Changes, Change{
			Benchmark: c.Benchmark, Unit: c.Unit, Better: int(c.Better), Base: list(c.Base), Head: list(c.Head), Outcome: string(c.Outcome),
			Ratio: finite(c.Ratio, c.Ratio > 0), Low: finite(c.Low, c.Ratio > 0), High: finite(c.High, c.Ratio > 0), P: c.P, Why: c.Why,
		})
	}
	return d
}
