package schema

import (
	_ "embed"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
)

// TrendJSON is the schema of [Trend].
//
//go:embed trend.schema.json
var TrendJSON []byte

// Trend is what became of every figure over many data points.
type Trend struct {
	// Version of this form; it grows when a field changes its meaning or goes.
	Version int `json:"version" jsonschema:"minimum=1"`
	// Judged, TooShort and TooNoisy count the series by what could be made of them.
	Judged   int `json:"judged" jsonschema:"minimum=0"`
	TooShort int `json:"too_short" jsonschema:"minimum=0"`
	TooNoisy int `json:"too_noisy" jsonschema:"minimum=0"`
	// LeftOut names the figures that are 0 at times, of which no ratio can be made.
	LeftOut []string `json:"left_out"`
	// Worse is true when a confirmed change for the worse is not acknowledged.
	Worse  bool     `json:"worse"`
	Series []Series `json:"series"`
}

// Series is one figure over many data points.
type Series struct {
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	State  string `json:"state" jsonschema:"enum=judged,enum=too short,enum=too noisy"`
	Points int    `json:"nights" jsonschema:"minimum=0"`
	// Noise is the relative standard deviation of neighbouring data points.
	Noise   float64 `json:"noise" jsonschema:"minimum=0"`
	Changes []Step  `json:"changes"`
	// Drift is a slow change since the last step; null when there is none.
	Drift *Drift `json:"drift" jsonschema:"nullable"`
}

// Step is a data point from which on a figure is another.
type Step struct {
	// At is the index of the first data point of the new level, counted from 0.
	At int `json:"at" jsonschema:"minimum=0"`
	// Point is the name of that data point, Last that of the data point before it.
	Point string `json:"night"`
	Last  string `json:"last"`
	// Before and After are the medians of the levels.
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	// P is the chance of so clear a step without a change; null when it is provisional.
	P *float64 `json:"p" jsonschema:"nullable,minimum=0,maximum=1"`
	// Worse is true when the new level is the worse one.
	Worse bool `json:"worse"`
	// Confirmed is false for a step of the last two data points.
	Confirmed bool `json:"confirmed"`
	// Known is why it was acknowledged; null when it was not.
	Known *string `json:"known" jsonschema:"nullable"`
}

// Drift is a slow change without a step.
type Drift struct {
	// PerPoint is relative to the median, Total the same over all data points that it was seen in.
	PerPoint float64 `json:"per_night"`
	Total    float64 `json:"total"`
	// From is the index of the first of these data points.
	From  int     `json:"from" jsonschema:"minimum=0"`
	P     float64 `json:"p" jsonschema:"minimum=0,maximum=1"`
	Worse bool    `json:"worse"`
	// Known is why it was acknowledged; empty when it was not.
	Known string `json:"known"`
}

// OfTrend is the document of a judged history; left names the figures that were left out.
func OfTrend(r trend.Report, left []string) Trend {
	d := Trend{
		Version: Version, Judged: r.Count(trend.Judged), TooShort: r.Count(trend.TooShort),
		TooNoisy: r.Count(trend.TooNoisy), LeftOut: list(left), Worse: r.Worse(), Series: []Series{},
	}
	for _, one := range r.Results {
		s := Series{
			Name: one.Series.Name, Unit: one.Series.Unit, State: string(one.State), Points: len(one.Series.Values),
			Noise: one.Noise, Changes: []Step{},
		}
		for _, c := range one.Changes {
			s.Changes = append(s.Changes, Step{
				At: c.At, Point: c.Point, Last: c.Last, Before: c.Before, After: c.After, P: known(c.P, c.Confirmed),
				Worse: c.Worse, Confirmed: c.Confirmed, Known: known(c.Known, c.Known != ""),
			})
		}
		if one.Drift != nil {
			drift := Drift(*one.Drift)
			s.Drift = &drift
		}
		d.Series = append(d.Series, s)
	}
	return d
}
