package run

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/probe"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// WorkerHeader is the header in which an answer names the worker that gave it.
const WorkerHeader = "X-Worker"

// trial makes one independent run: fresh processes, warm-up, measurement window. The trial is
// nil when nothing was measured; it is returned beside an error when something was.
func (p *pipeline) trial(
	ctx context.Context, phase suite.Phase, kind trialKind, number int, memory suite.Size, stores *phaseStores,
) (*archive.Trial, error) {
	p.left.runStarts()
	event := Event{Phase: phase, Run: number, Runs: p.Options.Runs, Search: kind == kindSearch}
	event.Stage = StageStart
	p.observe(event)

	t := &archive.Trial{
		Number: number, Seed: trialSeed(p.Options.Seed, phase.Number, kind, number), Started: p.Now().UTC(),
		Log: filepath.Join("logs", fmt.Sprintf("p%d-%s%d.log", phase.Number, kind, number)),
	}
	file, err := p.openLog(t.Log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	log := p.Secrets.Writer(file)
	defer log.Close()
	profiled, err := p.profiled(phase, kind, number)
	if err != nil {
		return nil, err
	}
	instance, err := p.System.Start(ctx, Spec{
		Phase: phase, Memory: memory, Dataset: p.Suite.Dataset, Seed: p.Options.Seed, Env: stores.info().Env, Log: log,
		Profile: profiled.folder(),
	})
	if err != nil {
		return nil, &EnvironmentError{fmt.Sprintf("%s, run %d: start the system", phase.Title(), number), err}
	}
	t.StartupTime = instance.Info().Startup
	window := p.window(phase)
	driveErr := p.drive(ctx, phase, t, instance, stores, offer{
		schedule: p.schedule(phase, t.Seed, window), warmup: p.warmup(phase, t.Seed), window: window,
		timeout: p.Suite.Plan.Timeout, search: kind == kindSearch,
	})

	event.Stage = StageStop
	p.observe(event)
	p.end(phase, t, instance, stores, profiled)
	// Not before the system has ended: one with a backlog is busy after the load, and that
	// is not the host's noise. The stores may still work, too.
	t.Noise.QuietAfter = p.settle(ctx, func() []measure.Process { return processes(nil, stores.info()) })
	t.Noise.SpinAfter, t.Noise.MHzAfter = p.Spin(), probe.Frequency()
	if t.Window == nil {
		return nil, driveErr
	}
	return t, driveErr
}

// end stops the system, and fills the trial with what broke and with the profiles that the processes left.
func (p *pipeline) end(
	phase suite.Phase, t *archive.Trial, instance Instance, stores *phaseStores, profiled profiles,
) {
	if phase.Disturb == "" { // else what breaks is what was to be broken, and is counted
		t.Faults = append(t.Faults, instance.Faults()...)
	}
	if fault := stores.fault(); fault != "" {
		t.Faults = append(t.Faults, fault)
	}
	err := stop(instance)
	if err != nil {
		t.Faults = append(t.Faults, "stop the system: "+err.Error())
	}
	for i, fault := range t.Faults {
		t.Faults[i] = p.Secrets.Hide(fault)
	}
	if t.Profiles, err = profiled.read(); err != nil {
		p.note("%s, run %d: its profiles cannot be read: %v", phase.Title(), t.Number, err)
	}
}

// offer is the load of one run.
type offer struct {
	schedule load.Schedule
	warmup   load.Warmup
	window   time.Duration // length of the measurement window
	timeout  time.Duration // of each request
	search   bool          // the run is one of a search for the capacity
}

// drive offers the load and fills the trial with what was seen.
func (p *pipeline) drive(
	ctx context.Context, phase suite.Phase, t *archive.Trial, instance Instance, stores *phaseStores, offered offer,
) error {
	workload, _ := p.Suite.Workload(phase.Workload)
	at := instance.Info()
	source, err := p.Workload.Source(ctx, SourceSpec{
		Workload: workload, Dataset: p.Suite.Dataset, DatasetSeed: p.Options.Seed, Seed: t.Seed,
		Salt: fmt.Sprintf("%s/%d/%d", p.ID, phase.Number, t.Number), URL: at.URL, TLS: at.TLS,
	})
	if err != nil {
		return &EnvironmentError{fmt.Sprintf("%s, run %d: prepare the requests", phase.Title(), t.Number), err}
	}
	readied := time.Now()
	if t.Noise.SpinBefore == 0 {
		t.Noise.QuietBefore = p.settle(ctx, func() []measure.Process { return processes(instance, stores.info()) })
		t.Noise.SpinBefore, t.Noise.MHzBefore = p.Spin(), probe.Frequency()
	}
	steal, stealKnown := probe.Steal()
	var watcher *probe.Watcher
	var watched *storeWatch
	disturbance := p.disturbed(ctx, phase, instance, t.Seed)
	progress := p.driving(Event{Phase: phase, Run: t.Number, Runs: p.Options.Runs, Search: offered.search}, instance)
	keeper := p.keep(phase, t, at.URL, offered)
	nice, restore, _ := load.RaisePriority() // without the right to it, the priority stays, and is archived as it is
	p.run.Host.GeneratorPriority = nice
	outcome, err := load.Drive(ctx, load.Config{
		BaseURL: at.URL, TLS: at.TLS, HTTP2: at.HTTP2, Source: source,
		Schedule: offered.schedule, Warmup: offered.warmup, Duration: offered.window, Timeout: offered.timeout,
		Connections: p.Suite.Plan.Connections, WorkerHeader: WorkerHeader, Hide: p.Secrets.Hide,
		Observe: keeper.observe(disturbance.observe()), Origin: p.Origin,
		Started: func(origin time.Time) {
			t.Started = origin.UTC()
			watcher = watch(origin, phase, instance, stores)
		},
		Window: func(start, end time.Duration) {
			progress.began.Store(int64(start))
			watcher.Begin(start, end)
			watched = watchStores(ctx, stores.set, t.Started, start, end)
			disturbance.start(t.Started, start, end)
		},
		Progress: progress.at, Live: progress.live,
	})
	restore()
	t.Stores = watched.stop()
	disturbance.end(t)
	if watcher != nil {
		t.Usage = watcher.Stop()
	}
	keeper.end(outcome)
	if err != nil {
		return &EnvironmentError{fmt.Sprintf("%s, run %d: drive the load", phase.Title(), t.Number), err}
	}
	if now, ok := probe.Steal(); ok && stealKnown {
		t.Noise.Steal = now.Since(steal)
	}
	ended := time.Now()
	t.Noise.Monotonic = ended.Sub(readied)
	t.Noise.Wall = ended.Round(0).Sub(readied.Round(0)) // rounding strips the monotonic reading
	return p.driven(phase, t, outcome)
}

// watch watches what the processes of a run use.
func watch(origin time.Time, phase suite.Phase, instance Instance, stores *phaseStores) *probe.Watcher {
	return probe.Watch(probe.Config{
		Origin: origin, Every: time.Second,
		Processes: func() []measure.Process { return processes(instance, stores.info()) },
		Partial:   partial(instance, stores.info()),
		Beyond:    phase.Disturb != "", // which may go on after the window
	})
}

// driven fills the trial with what became of the load.
func (p *pipeline) driven(phase suite.Phase, t *archive.Trial, outcome *load.Outcome) error {
	for _, u := range outcome.Unopened {
		p.note("%s, run %d: %d of the generator's %d connections could not be opened before the load began: %s",
			phase.Title(), t.Number, u.Count, p.Suite.Plan.Connections, u.Message)
	}
	t.Warmup, t.Window, t.Interrupted = outcome.Warmup, outcome.Window, outcome.Interrupted
	if outcome.Ended.Valid() {
		t.Warm = &archive.Warm{Ended: outcome.Ended, Steady: outcome.Steady}
	}
	if outcome.Interrupted {
		return ErrInterrupted
	}
	return nil
}

// window is the length of a phase's measurement window.
func (p *pipeline) window(phase suite.Phase) time.Duration {
	if phase.Duration != 0 {
		return phase.Duration
	}
	return p.Options.Duration
}

// processes are all processes whose usage a run records.
func processes(instance Instance, stores StoreInfo) []measure.Process {
	all := slices.Clone(stores.Processes)
	if instance != nil {
		all = append(instance.Processes(), all...)
	}
	return append(all, measure.Process{Role: measure.RoleGenerator, Name: "generator", PID: os.Getpid()})
}

// partial reports whether requests reach processes that are not known: a system that runs already, or such a store.
func partial(instance Instance, stores StoreInfo) bool {
	return len(instance.Processes()) == 0 || stores.Unseen
}

// settle waits until the processes are idle.
func (p *pipeline) settle(ctx context.Context, processes func() []measure.Process) measure.Quiet {
	if p.Settle == nil {
		return measure.Quiet{}
	}
	return p.Settle(ctx, processes)
}

func stop(instance Instance) error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	return instance.Stop(ctx)
}

// openLog makes the file, below the archive's folder, that takes what the system prints.
func (p *pipeline) openLog(name string) (*os.File, error) {
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, &EnvironmentError{"make the folder of logs", err}
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, &EnvironmentError{"make the log", err}
	}
	return f, nil
}

// trialKind is what a run is for.
type trialKind string

// The kinds. They name the files of a run, e.g. p1-r2.log.
const (
	kindJudged trialKind = "r"
	kindSearch trialKind = "s"
)

// trialSeed gives every run its own requests, the same ones for the same seed.
func trialSeed(seed uint64, phase int, kind trialKind, number int) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s/%d", seed, phase, kind, number))
	return binary.LittleEndian.Uint64(sum[:])
}
