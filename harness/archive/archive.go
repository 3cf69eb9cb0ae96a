// Package archive keeps runs on disk: one folder a run, readable by itself, so that
// judging, reporting and comparing need nothing else.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// Version is the version of run.json that this package writes.
const Version = 1

// Run is one invocation of verify, with everything it measured.
type Run struct {
	Version     int       `json:"version"`
	ID          string    `json:"id"` // e.g. "20261123T201500Z-3f9a1c"; the folder's name
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended"`
	Interrupted bool      `json:"interrupted"`       // stopped before its plan was done
	Failure     string    `json:"failure,omitempty"` // why the environment could not be brought up or kept up

	Suite      SuiteRef       `json:"suite"`
	Options    Options        `json:"options"`
	Host       measure.Host   `json:"host"`
	Build      Build          `json:"build"`
	Notes      []string       `json:"notes"` // what a reader must know, e.g. a limit that the host could not give
	Phases     []Phase        `json:"phases"`
	Results    []judge.Result `json:"results"`
	Verdict    judge.Verdict  `json:"verdict,omitzero"` // absent until the run is judged
	ExitStatus int            `json:"exit"`

	// Parsed is the suite, decoded from suite.yaml beside run.json, with Options applied.
	Parsed *suite.Suite `json:"-"`
}

// SuiteRef names the suite that a run used; the file itself is kept beside run.json.
type SuiteRef struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	File   string `json:"file"`   // as given; "built-in" for the embedded one
	SHA256 string `json:"sha256"` // of the file's bytes, hexadecimal
	YAML   []byte `json:"-"`
}

// RefOf names a suite that was read from a file with that text.
func RefOf(s *suite.Suite, file string, text []byte) SuiteRef {
	sum := sha256.Sum256(text)
	return SuiteRef{Name: s.Name, Title: s.Title, File: file, SHA256: hex.EncodeToString(sum[:]), YAML: text}
}

// Options are the options that the run was started with, after flags and suite were combined.
type Options struct {
	Runs     int           `json:"runs"`
	Duration time.Duration `json:"duration_ns"`
	Warmup   time.Duration `json:"warmup_ns"` // at least
	// WarmupMost is the longest warm-up; 0, as in archives of before there was one: Warmup.
	WarmupMost time.Duration `json:"warmup_most_ns,omitempty"`
	RateScale  float64       `json:"rate_scale"` // 1: the documented rates
	Seed       uint64        `json:"seed"`
	Stores     string        `json:"stores"` // what was asked for, e.g. "auto"
	Phases     []int         `json:"phases"`
	Chaos      time.Duration `json:"chaos_ns,omitempty"`    // window of the phases with chaos; 0: as of the others
	Slowdown   time.Duration `json:"slowdown_ns,omitempty"` // burnt per request, in processor time beside its work
	Profiled   bool          `json:"profiled,omitempty"`    // the system's processes were profiled meanwhile
	Capacity   Capacity      `json:"capacity,omitempty"`
	Headroom   bool          `json:"headroom,omitempty"`       // a short search for each phase's capacity, for headroom
	UpTo       float64       `json:"capacity_up_to,omitempty"` // most that a search tries, req/s; 0: 1024 × the first
	Strict     bool          `json:"strict,omitempty"`         // a claim that the host cannot test is no success
	// Turns are those in which the system was loaded beside another build; nil: it was loaded throughout.
	Turns *suite.Turns `json:"turns,omitempty"`
}

// Build is the program that made the run.
type Build struct {
	Nameplate string `json:"nameplate"` // version
	Go        string `json:"go"`
	Revision  string `json:"revision"` // VCS revision; "unknown" when the build has none
	Modified  bool   `json:"modified"` // the work tree had changes
}

// Provider is what a store ran on.
type Provider struct {
	Store    suite.Store `json:"store"`
	Provider string      `json:"provider"` // "external", "containers", "local" or "embedded"
	Product  string      `json:"product"`  // e.g. "PostgreSQL", "SQLite"
	Version  string      `json:"version"`
	Skipped  []string    `json:"skipped,omitempty"` // more real providers that were not used, each with the reason
	Notes    []string    `json:"notes,omitempty"`   // differences and warnings for the reader
}

// Phase is what was done for one phase of the suite.
type Phase struct {
	Number      int              `json:"phase"`
	Name        string           `json:"name"`
	Group       suite.Group      `json:"group"`
	Disturb     suite.Disturb    `json:"disturb,omitempty"`
	System      suite.SystemKind `json:"system,omitempty"` // the reference cluster; "" for the suite's own system
	Workers     int              `json:"workers"`
	MemoryLimit suite.Size       `json:"memory_limit_bytes"` // per worker, as given to it
	Documented  suite.Size       `json:"memory_documented_bytes"`
	Offered     suite.Rate       `json:"offered"`        // req/s, after scaling
	Shape       suite.Shape      `json:"shape,omitzero"` // how the rate changed over the measurement window
	Providers   []Provider       `json:"providers"`
	Trials      []Trial          `json:"trials"`
	Search      *Search          `json:"search,omitempty"` // for the phase's capacity; nil when none was made
}

// Trial is one independent run of a phase: fresh cluster processes, warm-up, measurement window.
type Trial struct {
	Number      int             `json:"run"` // 1 and up
	Seed        uint64          `json:"seed"`
	Started     time.Time       `json:"started"`
	Interrupted bool            `json:"interrupted"` // its window was cut short: kept, never judged
	Warmup      *measure.Window `json:"warmup"`
	// Warm says how the warm-up ended; nil in archives of before that was recorded.
	Warm   *Warm             `json:"warm,omitempty"`
	Window *measure.Window   `json:"window"`
	Usage  *measure.Usage    `json:"usage"`
	Noise  measure.HostNoise `json:"noise"`
	// Stores is what the stores say that they did; nil when there are none, or they do not tell.
	Stores *measure.StoreRecord `json:"stores,omitempty"`
	Faults []string             `json:"faults"`
	// Values are the metrics that the phase's disturbance yielded, by name and in the metric's unit.
	Values map[string]float64 `json:"values,omitempty"`
	// Disturbed says what the disturbance did and saw, one line each.
	Disturbed   []string      `json:"disturbed,omitempty"`
	StartupTime time.Duration `json:"startup_ns"` // spawn to ready
	Log         string        `json:"log"`        // the cluster's log, a file name beside run.json
	Histograms  Histograms    `json:"histograms"` // filled in by Save
	// Profiles are those of the system's processes; none when they were not profiled, or were killed.
	Profiles []Profile `json:"profiles,omitempty"`
}

// Warm is how a warm-up ended.
type Warm struct {
	Ended warmup.State `json:"ended"`
	// from the start of the load to the steady state that it ended in; 0: there was none
	Steady time.Duration `json:"steady_ns,omitempty"`
}

// Histograms names the file that holds a trial's histograms; the zero value when it
// has none.
type Histograms struct {
	File   string `json:"file"`   // beside run.json, with forward slashes
	Bytes  int64  `json:"bytes"`  // its length
	SHA256 string `json:"sha256"` // of its bytes, hexadecimal
}
