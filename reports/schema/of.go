package schema

import (
	"cmp"
	"maps"
	"math"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Version is the version of the form that this package writes.
const Version = 1

// Of is the document of a report.
func Of(r *figures.Report) Document {
	run := r.Run
	d := Document{
		Version: Version, Run: run.ID, Exit: run.ExitStatus, Verdict: verdict(run.Verdict),
		Started: run.Started.UTC().Format(time.RFC3339), Interrupted: run.Interrupted,
		Suite: Suite{Name: run.Suite.Name, File: run.Suite.File, SHA256: run.Suite.SHA256},
		Host: Host{
			OS: run.Host.OS, Arch: run.Host.Arch, Kernel: run.Host.Kernel, CPU: run.Host.CPUModel,
			Cores: known(run.Host.Cores, run.Host.Cores > 0), MemoryBytes: known(run.Host.Memory, run.Host.Memory > 0),
		},
		Build: Build(run.Build), Claims: []Claim{}, Phases: []Phase{}, Notes: list(r.Notes()),
		Failure: known(run.Failure, run.Failure != ""),
	}
	for _, p := range r.Phases {
		for _, result := range p.Results {
			d.Claims = append(d.Claims, claim(p, result))
		}
		d.Phases = append(d.Phases, phase(p))
	}
	if s := r.Run.Scaling(); s != nil {
		d.Scaling = &Scaling{
			Gamma: s.Fit.Gamma, Sigma: s.Fit.Sigma, Kappa: s.Fit.Kappa, R2: s.Fit.R2, Points: []ScalingPoint{},
			LeftOut: list(s.LeftOut), Warnings: list(s.Fit.Warnings),
		}
		for _, p := range s.Fit.Points {
			d.Scaling.Points = append(d.Scaling.Points, ScalingPoint{p.N, p.X})
		}
	}
	return d
}

func claim(p figures.Phase, r judge.Result) Claim {
	middle, ok := stats.Median(r.Measured), len(r.Measured) > 0
	return Claim{
		ID: r.Claim, Phase: r.Phase, Metric: r.Metric, Documented: r.Value, Op: string(r.Op), Unit: string(r.Unit),
		Bound: r.Bound, To: known(r.To, r.To > 0), Over: known(r.Over, r.Over > 0),
		Understated: known(r.Understated, r.Understated > 0), Measured: list(r.Measured), Median: finite(middle, ok),
		Headroom:    finite(r.Headroom, r.Headroom > 0 || ok && !(r.Metric == suite.Goodput && r.Over == 0)),
		HeadroomLow: finite(r.HeadroomLow, r.HeadroomLow > 0), HeadroomHigh: finite(r.HeadroomHigh, r.HeadroomHigh > 0),
		Cores: known(r.Cores, r.Cores > 0), DocumentedCores: known(r.DocumentedCores, r.DocumentedCores > 0),
		Spread: finite(r.Spread, len(r.Measured) > 1), Projection: projection(r.Projection),
		Verdict: verdict(r.Verdict), Reasons: list(r.Reasons), Rule: r.Rule,
		Alpha: finite(r.Alpha, r.Alpha > 0), Provider: providers(p),
	}
}

func projection(p *judge.Projection) *Projection {
	if p == nil {
		return nil
	}
	of := Projection(*p)
	return &of
}

func phase(p figures.Phase) Phase {
	d := Phase{
		Phase: p.Number, Name: p.Name, Group: string(cmp.Or(p.Group, suite.GroupPhases)),
		Disturb: known(string(p.Disturb), p.Disturb != ""), Workers: known(p.Workers, p.Workers > 0),
		Offered: finite(p.Mean(), p.Offered > 0), Figures: figuresOf(p.Pool), Provider: providers(p),
		Verdict: verdict(p.Verdict), Capacity: capacityOf(p.Search), Counted: p.Counted(), Runs: []Run{},
	}
	if p.Pool != nil {
		w := p.Pool.Window
		d.Requests = &Requests{
			Offered: w.Offered, Sent: w.Sent, Unsent: w.Unsent, Succeeded: w.Succeeded, Failed: w.Failed,
		}
	}
	if w, ok := p.StoreWork(); ok {
		d.StoreWork = &StoreWork{
			Seconds: (w.End - w.Start).Seconds(), Counts: w.Counts, Levels: w.Levels, Unknown: list(w.Unknown),
		}
	}
	for _, r := range p.Runs {
		values := map[string]float64{}
		maps.Copy(values, r.Values)
		if r.Warm != nil && r.Warm.Steady > 0 {
			values[suite.TimeToSteady] = float64(r.Warm.Steady) / float64(time.Millisecond)
		}
		d.Runs = append(d.Runs, Run{
			Run: r.Number, Counted: r.Counts(), Reasons: list(judge.Texts(r.Reasons)), Codes: codes(r.Reasons),
			Values: values, Disturbed: list(r.Disturbed), Figures: figuresOf(r.Pool),
		})
	}
	return d
}

// codes are those of reasons; never nil.
func codes(reasons []judge.Reason) []string {
	all := []string{}
	for _, r := range reasons {
		all = append(all, string(r.Code))
	}
	return all
}

func capacityOf(s *archive.Search) *Capacity {
	if s == nil || s.Found == nil {
		return nil
	}
	f := s.Found
	c := &Capacity{
		Rate: known(f.Capacity, f.Capacity > 0), Low: known(f.Low, f.Low > 0), High: known(f.High, f.High > 0),
		Level: f.Level, AtLeast: f.AtLeast, AtMost: f.AtMost, Reason: f.Reason, Bottleneck: f.Bottleneck,
		Tried: []Try{},
	}
	for _, t := range s.Trials {
		c.Tried = append(c.Tried, Try{float64(t.Offered), t.Outcome, list(t.Why)})
	}
	return c
}

func figuresOf(p *figures.Pool) Figures {
	f := Figures{
		Achieved: finite(p.Figure(suite.OfGoodput)), P50: finite(p.Response(0.5)), P99: finite(p.Response(0.99)),
		P999: finite(p.Response(0.999)),
		Generator: Generator{
			ScheduleLagP50: finite(p.ScheduleLag(0.5)), ScheduleLagP99: finite(p.ScheduleLag(0.99)),
			CPUPerRequest: finite(p.GeneratorCPU()),
		},
		Cluster: Cluster{
			CPUPerRequest: finite(p.ClusterCPU()), CPU: finite(p.Figure(suite.OfProcessors)),
			Memory: finite(p.Figure(suite.OfMemory)),
		},
		Stores: Stores{CPUPerRequest: finite(p.StoresCPU())},
	}
	if p != nil && p.Window.Offered > 0 {
		f.Errors = known(p.Window.Failed+p.Window.Unsent, true)
	}
	return f
}

func providers(p figures.Phase) map[string]Provider {
	all := map[string]Provider{}
	for _, on := range p.Providers {
		all[string(on.Store)] = Provider{on.Provider, on.Product, on.Version}
	}
	return all
}

// verdict is null for the zero value: what was never judged has no outcome.
func verdict(v judge.Verdict) *Verdict {
	name, err := v.MarshalText()
	return known(Verdict(name), err == nil)
}

// known is null for what is not known.
func known[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

// finite is null for what is not known, and for what JSON cannot hold.
func finite(v float64, ok bool) *float64 {
	return known(v, ok && !math.IsNaN(v) && !math.IsInf(v, 0))
}

// list is never null.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// JSONSchema lists the verdicts that there are.
func (Verdict) JSONSchema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range figures.Verdicts() {
		s.Enum = append(s.Enum, v.Verdict)
	}
	return s
}
