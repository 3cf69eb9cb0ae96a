// Package index lists all runs of a folder on one page: a line for each run, and for each claim a sparkline over the
// runs. It shows what the archives say, and judges nothing anew.
package index

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// longest is how many characters of a foreign text are shown.
const longest = 300

// Index is what a folder holds.
type Index struct {
	Runs   []Run // newest first
	Claims []Claim
}

// Run is one run of the folder.
type Run struct {
	Folder   string // its name in the folder
	ID       string
	Title    string    // of the suite
	Started  time.Time // zero when it is not known
	Verdict  judge.Verdict
	State    archive.State
	Sentence string   // what came of it
	Host     string   // the machine
	Stores   []string // what the stores ran on
	Revision string   // of the program; "" when it is not known
	Error    string   // why the archive cannot be read, in one line; "": it can
	Page     bool     // report.html is there

	suite   string
	results []result
}

// result is what a run says of a claim.
type result struct {
	claim, documented string
	unit              string
	median, bound     float64
	verdict           judge.Verdict
}

// Reader reads folders of runs. What it has read it reads again only when it has changed. It is safe for concurrent
// use.
type Reader struct {
	mu   sync.Mutex
	kept map[string]kept
}

// kept is a run as it was when its run.json had a time and a size.
type kept struct {
	changed time.Time
	size    int64
	run     Run
}

// Read reads all runs of a folder. A run that cannot be read is listed with the reason; only a folder that cannot be
// read is an error.
func (r *Reader) Read(folder fs.FS) (*Index, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	found := make([]*kept, len(entries))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0)) // archives are read one a processor, and little of each is kept
	for i, e := range entries {
		if !e.IsDir() { // a link, e.g. to the latest run, leads to what is listed anyway
			continue
		}
		g.Go(func() error {
			found[i] = r.read(folder, e.Name())
			return nil
		})
	}
	_ = g.Wait() // there is no error
	index, now := &Index{}, map[string]kept{}
	for _, k := range found {
		if k != nil {
			now[k.run.Folder] = *k
			index.Runs = append(index.Runs, k.run)
		}
	}
	r.kept = now
	slices.SortFunc(index.Runs, func(a, b Run) int {
		return cmp.Or(b.when().Compare(a.when()), cmp.Compare(b.Folder, a.Folder))
	})
	index.Claims = claims(index.Runs)
	return index, nil
}

// when is when a run started: of one that cannot be read, by its name.
func (r Run) when() time.Time {
	if !r.Started.IsZero() {
		return r.Started
	}
	stamp, _, _ := strings.Cut(r.Folder, "-")
	at, _ := time.Parse("20060102T150405Z", stamp)
	return at
}

// read reads a run, unless it is known; nil when the folder holds none.
func (r *Reader) read(folder fs.FS, name string) *kept {
	info, err := fs.Stat(folder, name+"/run.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	k := kept{run: Run{Folder: name, ID: figures.Clean(name)}}
	if err == nil {
		k.changed, k.size = info.ModTime(), info.Size()
		if known, ok := r.kept[name]; ok && known.changed.Equal(k.changed) && known.size == k.size {
			k = known
		} else {
			k.run = runOf(folder, name)
		}
	} else {
		k.run.Error = figures.Shorten(figures.Clean(err.Error()), longest)
	}
	k.run.State = archive.StateOf(folder, name)
	_, err = fs.Stat(folder, name+"/report.html")
	k.run.Page = err == nil
	return &k
}

// runOf reads a run.
func runOf(folder fs.FS, name string) Run {
	s, err := archive.Summarize(folder, name)
	if err != nil {
		return Run{
			Folder: name, ID: figures.Clean(name), Error: figures.Shorten(figures.Clean(err.Error()), longest),
		}
	}
	report := &figures.Report{
		Run: &archive.Run{
			ID: s.ID, Started: s.Started, Ended: s.Ended, Interrupted: s.Interrupted, Failure: s.Failure,
			Suite: s.Suite, Options: s.Options, Host: s.Host, Build: s.Build, Results: s.Results, Verdict: s.Verdict,
			ExitStatus: s.ExitStatus,
		},
		Phases: []figures.Phase{{Phase: archive.Phase{Providers: s.Providers}}},
	}
	run := Run{
		Folder: name, ID: figures.Clean(s.ID), Title: figures.Shorten(report.Title(), 80), Started: s.Started.UTC(),
		Verdict: s.Verdict, Host: report.Host(), Revision: revision(s.Build),
		suite: s.Suite.Name, Sentence: sentence(report),
	}
	for _, p := range report.Providers() {
		run.Stores = append(run.Stores, p.String())
	}
	for _, r := range s.Results {
		one := result{
			claim: figures.Shorten(figures.Clean(r.Claim), 60), documented: figures.Documented(r), unit: string(r.Unit),
			bound: r.Bound, verdict: r.Verdict, median: unknown,
		}
		if len(r.Measured) > 0 {
			one.median = stats.Median(r.Measured)
		}
		run.results = append(run.results, one)
	}
	return run
}

// sentence is what came of a run.
func sentence(r *figures.Report) string {
	switch {
	case r.Run.Ended.IsZero():
		return ""
	case r.Run.Options.Capacity == archive.CapacityOnly:
		return figures.Capital(r.Conclusion()) + "." // the summary has no capacities
	}
	return r.Sentence() + "."
}

// shortRevision is how many characters of a revision tell it from others.
const shortRevision = 12

// revision is the program's revision, short.
func revision(b archive.Build) string {
	if b.Revision == "" || b.Revision == figures.Unknown {
		return ""
	}
	text := figures.Clean(b.Revision)
	text = string([]rune(text)[:min(len([]rune(text)), shortRevision)])
	if b.Modified {
		text += ", modified"
	}
	return text
}
