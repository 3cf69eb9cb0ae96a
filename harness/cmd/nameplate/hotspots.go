package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/regress/hotspot"
	"github.com/nameplate-dev/nameplate/reports/schema"
)

// How a phase that has got worse is profiled: one run of each build at this rate at least, so that
// there is enough to sample, but at no more than a part of what a core can do.
const (
	profiledRate     = 2000.0 // req/s
	profiledShare    = 0.4    // of a core
	profiledDuration = "10s"
	mostHotspots     = 10
)

// profiledPhase is what both builds spent in one phase.
type profiledPhase struct {
	schema.Profiled
	sides [2]sampled
}

// profiles profiles both builds, where there are some, in every phase that has got worse; in every phase, where flame
// graphs are wanted.
func (k compareCommand) profiles(c console, b *builds, r compare.Report) ([]profiledPhase, error) {
	if b == nil {
		return nil, nil
	}
	var all []profiledPhase
	done := map[int]bool{}
	for _, change := range r.Changes {
		phase, rate, ok := compare.Driven(change.Benchmark)
		if (change.Outcome != compare.Regress && k.Flame == "") || !ok || done[phase] {
			continue
		}
		done[phase] = true
		one, err := k.profile(c, b, phase, max(1, min(profiledRate, sustained(r, change.Benchmark))/rate))
		if c.ctx.Err() != nil {
			return all, err
		}
		if err != nil {
			one.Profiled = schema.Profiled{Phase: phase, Missing: err.Error(), Functions: []schema.Function{}}
		}
		all = append(all, one)
	}
	return all, nil
}

// sustained is a rate, in req/s, at which neither build can be short of processor time.
func sustained(r compare.Report, benchmark string) float64 {
	most := 0.0 // nanoseconds of a request
	for _, change := range r.Changes {
		if change.Benchmark == benchmark && change.Unit == workUnit() {
			most = max(most, slices.Max(change.Base), slices.Max(change.Head))
		}
	}
	if most <= 0 {
		return 0
	}
	return profiledShare * 1e9 / most
}

// profile profiles both builds in one phase.
func (k compareCommand) profile(c console, b *builds, phase int, scale float64) (profiledPhase, error) {
	var one profiledPhase
	for side, name := range compare.Sides {
		k.tell(c, "profiling %s in phase %d", name, phase)
		var err error
		if one.sides[side], err = k.sample(c, b, side, phase, scale); err != nil {
			return one, fmt.Errorf("%s: %w", name, err)
		}
	}
	alike(&one.sides)
	var read [2]*hotspot.Profile
	for side, name := range compare.Sides {
		var err error
		if read[side], err = one.sides[side].hotspots(); err != nil {
			return one, fmt.Errorf("%s: %w", name, err)
		}
	}
	one.Profiled = schema.OfProfiles(phase, read[0], read[1], hotspot.Changes(read[0], read[1], mostHotspots))
	return one, nil
}

// sample makes one run of a build in one phase, with profiles.
func (k compareCommand) sample(c console, b *builds, side, phase int, scale float64) (sampled, error) {
	out := filepath.Join(b.dir, fmt.Sprintf("%s-profiled-%d", compare.Sides[side], phase))
	folder := filepath.Join(out, "profiles")
	one := k
	one.Phase, one.Duration = []int{phase}, profiledDuration
	if _, err := one.measure(
		c, b.binaries[side], out, side == 1, "--profile", folder, "--rate", strconv.FormatFloat(scale, 'f', 3, 64)+"x",
	); err != nil {
		return sampled{}, err
	}
	served, err := requestsOf(filepath.Join(out, "latest"))
	if err != nil {
		return sampled{}, err
	}
	s, err := readSamples(folder, served)
	if err != nil || k.Keep == "" {
		return s, err
	}
	for _, p := range s.processes {
		name := fmt.Sprintf("%s-phase-%d-%s", compare.Sides[side], phase, p.name)
		if err := keep(k.Keep, name, p.text); err != nil {
			return s, err
		}
	}
	return s, nil
}

// requestsOf is the number of requests that an archived run sent.
func requestsOf(dir string) (float64, error) {
	r, err := archive.Load(dir)
	if err != nil {
		return 0, err
	}
	sent := uint64(0)
	for _, p := range r.Phases {
		for _, t := range p.Trials {
			sent += t.Warmup.Sent + t.Window.Sent
		}
	}
	return float64(sent), nil
}
