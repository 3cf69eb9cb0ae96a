// Package reference ties the pipeline to the reference cluster, its workload and the stores. It is where
// the ruler and the things measured meet; the command, the Go tests and the benchmarks share it.
package reference

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/reference/faults"
	"github.com/nameplate-dev/nameplate/harness/request"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Hook must be called first in main, and in TestMain, of every program that measures the reference cluster or
// brings stores up: their processes are this program, started again.
func Hook() {
	clusterimpl.Hook()
	fixtures.Hook()
}

// Cluster is the reference cluster as a system that can be measured.
type Cluster struct {
	Slowdown time.Duration // processor time burnt per request beside its work
}

// Start starts the cluster with the documented variables.
func (r Cluster) Start(ctx context.Context, spec run.Spec) (run.Instance, error) {
	c, err := clusterimpl.Start(ctx, clusterimpl.Options{Env: r.env(spec), Log: spec.Log})
	if err != nil {
		return nil, err
	}
	return referenceInstance{c}, nil
}

// env are the variables of a phase.
func (r Cluster) env(spec run.Spec) []string {
	slowdown := r.Slowdown
	if spec.Phase.Disturb == suite.DisturbOverload {
		slowdown += faults.OverloadWork
	}
	env := append([]string{
		"CLUSTER_MODE=" + strconv.FormatBool(spec.Phase.Cluster),
		"CLUSTER_WORKERS=" + strconv.Itoa(spec.Phase.Workers),
		fmt.Sprintf("MEMORY_LIMIT=%d", spec.Memory/suite.MiB),
		"PORT=0",
		fmt.Sprintf("PLATFORM_SEED=%d", spec.Seed),
		fmt.Sprintf("PLATFORM_ACCOUNTS=%d", spec.Dataset.Accounts),
		fmt.Sprintf("PLATFORM_TRANSACTIONS=%d", spec.Dataset.Transactions),
		"PLATFORM_SLOWDOWN=" + slowdown.String(),
		"CLUSTER_PROFILE=" + spec.Profile,
	}, fixtures.ThroughSockets(spec.Env)...)
	switch spec.Phase.Disturb {
	case suite.DisturbLeak:
		env = append(env, "PLATFORM_LEAK=524288")
	case suite.DisturbChaos:
		env = append(env, "RESPAWN_LIMIT=10000") // else the cluster gives up, as it should, before the chaos ends
	case suite.DisturbCollect:
		env = append(env, "GC_INTERVAL=1s") // the documented minute is longer than a run
	}
	return env
}

// referenceInstance is a started reference cluster.
type referenceInstance struct{ *clusterimpl.Cluster }

// Info is where the cluster is.
func (i referenceInstance) Info() run.Info {
	return run.Info{URL: i.URL(), Startup: i.StartupTime()}
}

// Processes are the primary and the workers.
func (i referenceInstance) Processes() []measure.Process {
	var all []measure.Process
	for _, p := range i.Cluster.Processes() {
		role := measure.RoleWorker
		if p.Role == clusterimpl.RolePrimary {
			role = measure.RolePrimary
		}
		all = append(all, measure.Process{Role: role, Name: p.Name, PID: p.PID})
	}
	return all
}

// Disturber disturbs the reference cluster.
type Disturber struct{}

// Begin starts a disturbance of a cluster that [Cluster] started.
func (Disturber) Begin(ctx context.Context, spec run.DisturbSpec) run.Disturbance {
	target := faults.Target{Dataset: datasetSpec(spec.Dataset, spec.Seed), Mix: mixOf(spec.Workload)}
	if instance, ok := spec.Instance.(referenceInstance); ok {
		target.Cluster = instance.Cluster
	}
	return faults.Begin(ctx, target, spec)
}

// Stores brings stores up by the providers that this machine has.
type Stores struct {
	Want string              // "auto", a provider, or one for each store; see fixtures.CheckWant
	Env  func(string) string // the environment; nil: this process's
	// Templates are what the data set is copied from once it was loaded; nil: it is loaded for each phase.
	Templates *fixtures.Templates
}

// Up brings up and loads what is needed.
func (s Stores) Up(ctx context.Context, need run.StoreNeed) (run.StoreSet, error) {
	set, err := fixtures.Up(ctx, s.wanted(need))
	if err != nil {
		return nil, err
	}
	return storeSet{set}, nil
}

// Check says what would keep what is needed from being brought up, and starts nothing.
func (s Stores) Check(ctx context.Context, need run.StoreNeed) error {
	return fixtures.Check(ctx, s.wanted(need))
}

func (s Stores) wanted(need run.StoreNeed) fixtures.Request {
	wanted := fixtures.Request{
		Want: s.Want, Env: s.Env, Log: need.Log, Progress: need.Progress,
		Dataset: datasetSpec(need.Dataset, need.Seed), Limits: map[fixtures.Kind]fixtures.Limit{},
		Templates: s.Templates,
	}
	for _, store := range need.Stores {
		wanted.Need = append(wanted.Need, fixtures.Kind(store))
		limit := need.Limits.Limit(store)
		wanted.Limits[fixtures.Kind(store)] = fixtures.Limit{CPUs: limit.CPUs, Memory: int64(limit.Memory)}
	}
	return wanted
}

// storeSet is a set of stores that are up.
type storeSet struct{ *fixtures.Set }

// Info says where the stores are and what they run on.
func (s storeSet) Info() run.StoreInfo {
	info := run.StoreInfo{Env: s.Env(), Unseen: s.Unseen()}
	for _, d := range s.Describe() {
		info.Providers = append(info.Providers, archive.Provider{
			Store: suite.Store(d.Kind), Provider: d.Provider, Product: d.Product, Version: d.Version,
			Skipped: d.Skipped, Notes: d.Notes,
		})
	}
	for _, p := range s.Processes() {
		info.Processes = append(info.Processes,
			measure.Process{Role: measure.RoleStore, Name: p.Name, PID: p.PID, Tree: p.Tree})
	}
	return info
}

// Read reads the stores' counters.
func (s storeSet) Read(ctx context.Context) (run.StoreReading, error) {
	stats, err := s.Stats(ctx)
	return storeReading{stats}, err
}

// storeReading is what the stores had counted at one moment.
type storeReading struct{ fixtures.StoreStats }

// Since is what they did since an earlier reading.
func (r storeReading) Since(earlier run.StoreReading) measure.StoreWork {
	before, _ := earlier.(storeReading)
	d := r.Sub(before.StoreStats)
	w := measure.StoreWork{Counts: map[string]float64{}, Levels: d.Levels(), Unknown: d.Unknown}
	for name, rate := range d.PerSecond() {
		w.Counts[name] = math.Round(rate * d.WindowSeconds)
	}
	for _, s := range d.Slowest() {
		w.Slowest = append(w.Slowest,
			measure.Statement{Query: s.Query, Calls: s.Calls, Rows: s.Rows, Total: s.Total, Mean: s.Mean})
	}
	return w
}

// Platform makes the requests of the platform workload.
type Platform struct{}

// Source makes the requests of a workload. For a mix with sessions it logs in their users.
func (Platform) Source(ctx context.Context, spec run.SourceSpec) (load.Source, error) {
	if spec.Workload.Kind == suite.Calibrated {
		r := load.Request(*traffic.NewCalibrated(spec.Workload.Burnt(), spec.Workload.Wait))
		return always{&r}, nil
	}
	source, err := traffic.New(traffic.Config{
		Dataset: datasetSpec(spec.Dataset, spec.DatasetSeed), Mix: mixOf(spec.Workload), Seed: spec.Seed,
		Salt: spec.Salt,
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, request.PrepareTimeout)
	defer cancel()
	if err := source.Prepare(ctx, spec.URL); err != nil {
		return nil, err
	}
	return faults.Requests{Source: source}, nil
}

// mixOf is what is asked for in a workload.
func mixOf(w suite.Workload) []traffic.Share {
	var mix []traffic.Share
	for _, item := range w.Mix {
		mix = append(mix, traffic.Share{Operation: item.Operation, Share: float64(item.Share)})
	}
	return mix
}

// always is a source of the same request.
type always struct{ request *load.Request }

// Next is that request.
func (a always) Next() *load.Request { return a.request }

func datasetSpec(d suite.Dataset, seed uint64) dataset.Spec {
	return dataset.Spec{Seed: seed, Accounts: d.Accounts, Transactions: d.Transactions}
}
