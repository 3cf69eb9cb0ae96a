// Package run is the pipeline: stores up, system up, warm up, drive, record, judge,
// archive, phase by phase.
//
// It declares the small interfaces that it consumes; what implements them is wired by
// the command. It renders nothing and knows no particular system or store.
package run

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// A System is what the claims are about.
type System interface {
	// Start starts the system with fresh processes and returns when all of it is ready.
	Start(ctx context.Context, spec Spec) (Instance, error)
}

// Spec is what a system is started with.
type Spec struct {
	Phase   suite.Phase
	Memory  suite.Size // limit per worker
	Dataset suite.Dataset
	Seed    uint64    // of the data set
	Env     []string  // where the stores are, as NAME=value
	Log     io.Writer // takes what the system prints
	Profile string    // folder, as an absolute path, that takes profiles of the processes; "" for none
}

// An Instance is a started system.
type Instance interface {
	Info() Info
	// Processes are the processes that serve now; it may be called at any time.
	Processes() []measure.Process
	// Faults says what broke since the start, one line each: a worker replaced, the system gone.
	Faults() []string
	// Stop ends the system and everything it started.
	Stop(ctx context.Context) error
}

// Info is what is known of an instance once it is ready.
type Info struct {
	URL     string        // base of its addresses
	Startup time.Duration // from spawn to ready
	TLS     *tls.Config   // of an https URL; nil for this machine's authorities
	HTTP2   bool          // HTTP/2 is spoken, over https
}

// Stores brings up the stores that a phase needs.
type Stores interface {
	Up(ctx context.Context, need StoreNeed) (StoreSet, error)
}

// StoreNeed is what a phase needs of its stores.
type StoreNeed struct {
	Stores   []suite.Store
	Limits   suite.Stores // what they may use
	Dataset  suite.Dataset
	Seed     uint64
	Log      io.Writer
	Progress func(message string)
}

// A StoreSet is a set of stores that are up and loaded.
type StoreSet interface {
	Info() StoreInfo
	// Reset brings the stores back to the data set as it was loaded.
	Reset(ctx context.Context) error
	// Check fails when a store does not answer, or is not the one that was brought up.
	Check(ctx context.Context) error
	Close() error
}

// StoreInfo is what is known of a store set.
type StoreInfo struct {
	Env       []string // where they are, as NAME=value, for the system
	Providers []archive.Provider
	Processes []measure.Process
	// Unseen says that a store may run on this host in processes that are not listed.
	Unseen bool
}

// A Workload makes the requests of a run.
type Workload interface {
	// Source makes the requests for one run against a ready system.
	Source(ctx context.Context, spec SourceSpec) (load.Source, error)
}

// SourceSpec is what a source of requests is made from.
type SourceSpec struct {
	Workload    suite.Workload
	Dataset     suite.Dataset
	DatasetSeed uint64
	Seed        uint64 // of this run's requests
	Salt        string // unique to this run, for ids that must never repeat
	URL         string
	TLS         *tls.Config
}

// Config is one invocation of the pipeline.
type Config struct {
	Suite    *suite.Suite // with every override applied
	Ref      archive.SuiteRef
	Options  archive.Options
	Host     measure.Host
	Build    archive.Build
	System   System
	Stores   Stores
	Workload Workload
	Secrets  *secret.Set // that nothing printed or archived may hold; may be nil
	// Disturber disturbs the system in phases that ask for it; it may be nil when none does.
	Disturber Disturber
	Out       string      // folder in which the archive's folder is made
	ID        string      // of the run; its folder's name
	Observe   func(Event) // progress; may be nil
	Now       func() time.Time
	Spin      func() time.Duration // a fixed piece of work, timed: how fast the host is now
	// Settle waits, for a bounded time, until processes of the run are idle, so that Spin reads the host
	// and not what the run left behind; nil: it is not waited.
	Settle func(ctx context.Context, processes func() []measure.Process) measure.Quiet
	// Origin says when the load of a run is to start, at the earliest; nil: at once.
	Origin func(ctx context.Context) time.Time
	// Keep is asked before the load of each run that is judged for what keeps its requests; nil: nothing does.
	Keep func(phase suite.Phase, run int, url string) Keeper
}

// A Keeper takes what became of each request of a run.
type Keeper interface {
	// Observe takes one, of the warm-up, too; by several goroutines at once. It must not wait.
	Observe(measure.Sample)
	// End is called once, after the load, with the schedule's origin and the measurement window; the window is nil when
	// the load never began.
	End(origin time.Time, window *measure.Window)
}

// ErrInterrupted says that the run was stopped before its plan was done. What it
// measured is archived.
var ErrInterrupted = errors.New("interrupted")

// EnvironmentError says that the stores or the system could not be brought up, or
// that the archive could not be written.
type EnvironmentError struct {
	Where string // e.g. "phase 3: bring up the stores"
	Err   error
}

func (e *EnvironmentError) Error() string { return e.Where + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *EnvironmentError) Unwrap() error { return e.Err }

// Verify drives every phase of the plan, judges and archives. The returned run is
// what was archived, whatever the error: nil, [ErrInterrupted] or an [*EnvironmentError].
func Verify(ctx context.Context, c Config) (*archive.Run, error) {
	p := newPipeline(c)
	if err := p.checkFolder(); err != nil {
		return p.run, err // there is nowhere to archive anything
	}
	err := p.save()
	if err == nil {
		p.openJournal()
		err = p.checkStores(ctx)
	}
	if err == nil {
		err = p.phases(ctx)
	}
	return p.run, p.finish(ctx, err)
}

// pipeline is the state of one Verify.
type pipeline struct {
	Config
	run  *archive.Run
	dir  string
	left *estimate
	// journal tells other processes what observe tells this one; nil when there is none.
	journal *archive.Journal
}

func newPipeline(c Config) *pipeline {
	p := &pipeline{Config: c, dir: filepath.Join(c.Out, c.ID)}
	p.left = newEstimate(c.Suite, c.Options, c.Now)
	p.run = &archive.Run{
		Version: archive.Version, ID: c.ID, Started: c.Now().UTC(), Interrupted: true,
		Suite: c.Ref, Options: c.Options, Host: c.Host, Build: c.Build, Parsed: c.Suite,
	}
	if o := c.Options; o.Slowdown > 0 {
		p.note("the system was slowed down on purpose: %v of processor time per request beside its work", o.Slowdown)
	}
	if c.Options.Profiled {
		p.note("the system's processes were profiled: what that costs is in the figures")
	}
	return p
}

func (p *pipeline) phases(ctx context.Context) error {
	for _, phase := range p.Suite.Phases {
		if err := p.phase(ctx, phase); err != nil {
			return err
		}
	}
	return nil
}

// finish judges and archives whatever there is.
func (p *pipeline) finish(ctx context.Context, err error) error {
	interrupted := ctx.Err() != nil
	err = p.Secrets.Error(err)
	p.run.Interrupted = interrupted
	p.run.Ended = p.Now().UTC()
	if err != nil && !interrupted {
		p.run.Failure = err.Error()
	}
	err = errors.Join(err, p.run.Judge())
	defer p.journal.Close() // after what it led to is there; what is left of it does no harm
	if saveErr := p.save(); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	if linkErr := archive.Latest(p.Out, p.ID); linkErr != nil {
		return errors.Join(err, &EnvironmentError{"link the latest run", linkErr})
	}
	if interrupted {
		return ErrInterrupted
	}
	return err
}

func (p *pipeline) save() error {
	if err := archive.Save(p.dir, p.run); err != nil {
		return &EnvironmentError{"write the archive", err}
	}
	return nil
}

func (p *pipeline) note(format string, args ...any) {
	p.run.Notes = append(p.run.Notes, fmt.Sprintf(format, args...))
}

func (p *pipeline) observe(e Event) {
	e.Left = p.left.remaining()
	p.write(e)
	if p.Observe != nil {
		p.Observe(e)
	}
}
