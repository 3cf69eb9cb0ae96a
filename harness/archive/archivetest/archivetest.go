// Package archivetest makes runs for the tests of the packages that read them: four
// phases, six trials each, with plausible histograms, usage and providers. The same
// call makes the same run, byte for byte.
//
// Nothing is measured here, and no figure says anything about a real machine.
package archivetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// ID is the id of every run made here.
const ID = "20261123T201500Z-3f9a1c"

// started is when every run made here began.
var started = time.Date(2026, 11, 23, 20, 15, 0, 0, time.UTC)

// Sample returns a judged run of the given phases, of all four when none is given, in
// which every claim is verified.
func Sample(phases ...int) *archive.Run { return sample(healthy, phases) }

// Overloaded returns a judged run of the given phases, of all four when none is
// given, in which the system gets a third of the offered rate done and answers late.
func Overloaded(phases ...int) *archive.Run { return sample(overloaded, phases) }

// Slower returns a run as [Sample] does, in which every request takes half as long again.
func Slower(phases ...int) *archive.Run {
	slower := healthy
	slower.median = healthy.median * 3 / 2
	return sample(slower, phases)
}

// sample builds and judges a run; it panics where the caller asks for a phase that
// there is not.
func sample(shape shape, numbers []int) *archive.Run {
	s, err := Suite().With(suite.Override{Phases: numbers})
	if err != nil {
		panic(fmt.Sprintf("archivetest: choose phases %v: %v", numbers, err))
	}
	r := &archive.Run{
		Version: archive.Version, ID: ID, Started: started,
		Suite: archive.SuiteRef{Name: s.Name, Title: s.Title, File: "sample.yaml", YAML: suiteYAML},
		Host: measure.Host{
			OS: "linux", Arch: "amd64", Kernel: "6.12.0", CPUModel: "Example CPU @ 2.50GHz", Cores: 8, OnlineCores: 8,
			Memory: 8 << 30, Governor: "performance", Container: "docker", Cgroup: "v2", Hypervisor: "KVM",
		},
		Build: archive.Build{
			Nameplate: "v0.1.0", Go: "go1.26.0", Revision: "0123456789abcdef0123456789abcdef01234567",
		},
		Notes: []string{
			"the four limits of phase 4 add up to more than this host's memory: each worker ran under 2.0 GiB",
		},
		Parsed: s,
		Options: archive.Options{
			Runs: s.Plan.Runs, Duration: s.Plan.Duration, Warmup: s.Plan.Warmup.Least, RateScale: 1, Seed: s.Plan.Seed,
			Stores: "auto",
		},
	}
	sum := sha256.Sum256(r.Suite.YAML)
	r.Suite.SHA256 = hex.EncodeToString(sum[:])
	at := started
	for _, p := range s.Phases {
		r.Options.Phases = append(r.Options.Phases, p.Number)
		phase := archive.Phase{
			Number: p.Number, Name: p.Name, Workers: p.Workers, MemoryLimit: min(p.Memory, 2*suite.GiB),
			Documented: p.Memory, Offered: p.Rate, Providers: providers(p),
		}
		for n := 1; n <= s.Plan.Runs; n++ {
			at = at.Add(s.Plan.Warmup.Least + s.Plan.Duration + time.Second)
			phase.Trials = append(phase.Trials, trial(s, p, shape, n, at))
		}
		r.Phases = append(r.Phases, phase)
	}
	r.Ended = at.Add(s.Plan.Warmup.Least + s.Plan.Duration + time.Second)
	if err := r.Judge(); err != nil {
		panic(fmt.Sprintf("archivetest: judge the sample run: %v", err))
	}
	return r
}

// providers are the stores that the phase ran on: the real database, an embedded Redis.
func providers(p suite.Phase) []archive.Provider {
	var all []archive.Provider
	for _, s := range p.Stores {
		switch s {
		case suite.Postgres:
			all = append(all, archive.Provider{
				Store: s, Provider: "local", Product: "PostgreSQL", Version: "17.2",
				Skipped: []string{"external: DATABASE_URL is not set"},
			})
		case suite.Redis:
			all = append(all, archive.Provider{
				Store: s, Provider: "embedded", Product: "miniredis", Version: "2.40.0",
				Skipped: []string{"external: REDIS_URL is not set", "local: no redis-server was found"},
				Notes:   []string{"embedded in the harness: its processor time counts as the generator's"},
			})
		}
	}
	return all
}
