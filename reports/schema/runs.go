package schema

import (
	_ "embed"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// RunsJSON is the schema of [Runs].
//
//go:embed runs.schema.json
var RunsJSON []byte

// Runs is two runs beside one another.
type Runs struct {
	// Version of this form; it grows when a field changes its meaning or goes.
	Version int `json:"version" jsonschema:"minimum=1"`
	// Base and Head are the ids of the runs.
	Base string `json:"base"`
	Head string `json:"head"`
	// Outcome is the worst of the claims, Why the reason in a sentence.
	Outcome string `json:"outcome" jsonschema:"enum=regressed,enum=improved,enum=cannot tell,enum=not comparable,enum=no change detected"`
	Why     string `json:"why"`
	// Claims has one entry for each claim of either run, those that regressed first.
	Claims []RunsRow `json:"claims"`
	// Others has one entry for each figure that both runs measured and that nothing is claimed of.
	Others []RunsRow `json:"others"`
	// Settings are those that differ.
	Settings []RunsSetting `json:"settings"`
}

// RunsRow is one figure in both runs.
type RunsRow struct {
	// Claim is its id; empty for a figure that nothing is claimed of.
	Claim  string `json:"claim"`
	Phase  int    `json:"phase" jsonschema:"minimum=0"`
	Metric string `json:"metric"`
	// By is the metric that is compared, Unit that of the values.
	By   string `json:"compared_by"`
	Unit string `json:"unit"`
	// Base and Head are the values of the runs that count.
	Base []float64 `json:"base"`
	Head []float64 `json:"head"`
	// Floor was added to each value before they were compared.
	Floor   float64 `json:"floor" jsonschema:"minimum=0"`
	Outcome string  `json:"outcome" jsonschema:"enum=regressed,enum=improved,enum=cannot tell,enum=not comparable,enum=no change detected"`
	// Ratio is head over base; null when a value is not above 0 or the runs are too few.
	Ratio *float64 `json:"ratio" jsonschema:"nullable,minimum=0"`
	// Low and High are the ends of the ratio's interval at 95 %.
	Low  *float64 `json:"low" jsonschema:"nullable,minimum=0"`
	High *float64 `json:"high" jsonschema:"nullable,minimum=0"`
	// P is the chance of so different runs if base and head were alike, in the range [0,1].
	P float64 `json:"p" jsonschema:"minimum=0,maximum=1"`
	// BaseVerdict and HeadVerdict are those of the runs on the claim; null without one.
	BaseVerdict *string `json:"base_verdict" jsonschema:"nullable"`
	HeadVerdict *string `json:"head_verdict" jsonschema:"nullable"`
	Why         string  `json:"why"`
}

// RunsSetting is something beside the figures that differs.
type RunsSetting struct {
	// Of says what it is a setting of: host, suite, options, build, a phase or a claim.
	Of string `json:"of"`
	// Phase is the phase that it is about; 0 for all.
	Phase int    `json:"phase" jsonschema:"minimum=0"`
	Name  string `json:"name"`
	Base  string `json:"base"`
	Head  string `json:"head"`
	// Matters is true when figures cannot be compared because of it.
	Matters bool `json:"matters"`
}

// OfRuns is the document of two runs.
func OfRuns(c *compared.Comparison) Runs {
	d := Runs{
		Version: Version, Base: figures.Clean(c.Base.Run.ID), Head: figures.Clean(c.Head.Run.ID),
		Outcome: string(c.Worst()), Why: c.Why(), Claims: []RunsRow{}, Others: []RunsRow{},
		Settings: []RunsSetting{},
	}
	for _, r := range c.Claims {
		d.Claims = append(d.Claims, rowOf(r))
	}
	for _, r := range c.Others {
		d.Others = append(d.Others, rowOf(r))
	}
	for _, s := range c.Settings {
		d.Settings = append(d.Settings, RunsSetting(s))
	}
	return d
}

func rowOf(r compared.Row) RunsRow {
	verdict := func(one *judge.Result) *string {
		if one == nil {
			return nil
		}
		return known(figures.Judged(one.Verdict), true)
	}
	ch := r.Change
	return RunsRow{
		Claim: r.Claim, Phase: r.Phase, Metric: r.Metric, By: r.By, Unit: string(r.Unit), Base: list(ch.Base),
		Head: list(ch.Head), Floor: r.Floor, Outcome: string(r.Outcome), Ratio: finite(ch.Ratio, ch.Ratio > 0),
		Low: finite(ch.Low, ch.Ratio > 0), High: finite(ch.High, ch.Ratio > 0), P: ch.P,
		BaseVerdict: verdict(r.Base), HeadVerdict: verdict(r.Head), Why: r.Reason(),
	}
}
