package serve

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

const (
	// mostPoints is how many seconds of a run the live view shows: an hour.
	mostPoints = 3600
	// every is the time between two reads of the folder, whoever asks.
	every = time.Second
	// searchEvery is the time between two searches for a run that is going on.
	searchEvery = 3 * time.Second
)

// point is one second of a run, as the page draws it: rates in req/s, times in ms, null where nothing is known.
type point struct {
	T        float64  `json:"t"` // its end, in s since the start of the load
	Offered  float64  `json:"offered"`
	Answered float64  `json:"answered"`
	Errors   float64  `json:"errors"`
	P50      *float64 `json:"p50"`
	P99      *float64 `json:"p99"`
	Lag      *float64 `json:"lag"`
}

// follower follows the run that is going on in a folder. It reads when it is asked, at most once a second, and serves
// all who ask the same.
type follower struct {
	folder fs.FS
	now    func() time.Time

	mu       sync.Mutex
	read     time.Time // when the folder was read last
	searched time.Time
	name     string // of the followed run's folder; "" for none
	tail     *archive.Tail
	state    archive.State
	title    string
	line     archive.Progress // the newest
	workers  *int             // that were there last
	shown    *archive.Progress
	points   []point // of the run of the phase that is under way
	series   uint64  // counts the runs of which points were shown
	dropped  uint64  // points of the series that are not kept any more
}

// cursor is how much of a series a client has.
type cursor struct{ series, points uint64 }

// view brings a client up to date: it returns what is to be said, and whether that differs from what the client knows.
func (f *follower) view(c *cursor) view {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); f.read.IsZero() || now.Sub(f.read) >= every || now.Before(f.read) {
		f.read = now
		f.update(now)
	}
	v := f.say()
	end := f.dropped + uint64(len(f.points))
	if c.series != f.series || c.points > end || c.points < f.dropped {
		*c = cursor{f.series, f.dropped}
		v.Fresh = true
	}
	v.Points = slices.Clone(f.points[c.points-f.dropped:])
	c.points = end
	return v
}

// update reads on. The lock is held.
func (f *follower) update(now time.Time) {
	if f.tail != nil && f.state != archive.Ended {
		f.readOn()
	}
	if f.state == archive.Going || !f.searched.IsZero() && now.Sub(f.searched) < searchEvery {
		return
	}
	f.searched = now
	if name, state := f.search(); name != f.name {
		f.follow(name, state)
	}
}

// search finds the newest run that is going on; else the newest run of all, if it was stopped.
func (f *follower) search() (name string, state archive.State) {
	entries, err := fs.ReadDir(f.folder, ".")
	if err != nil {
		return "", archive.Ended
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(b.Name(), a.Name()) })
	newest := true
	stopped := ""
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		switch archive.StateOf(f.folder, e.Name()) {
		case archive.Going:
			return e.Name(), archive.Going
		case archive.Stopped:
			if newest {
				stopped = e.Name()
			}
			newest = false
		default:
			if _, err := fs.Stat(f.folder, e.Name()+"/run.json"); err == nil {
				newest = false
			}
		}
	}
	if stopped != "" {
		return stopped, archive.Stopped
	}
	return "", archive.Ended
}

// follow begins to follow a run.
func (f *follower) follow(name string, state archive.State) {
	f.name, f.state, f.tail, f.title = name, state, nil, ""
	f.line, f.workers, f.shown, f.points, f.dropped = archive.Progress{}, nil, nil, nil, 0
	f.series++
	if name == "" {
		return
	}
	f.tail = archive.NewTail(f.folder, name)
	if s, err := archive.Summarize(f.folder, name); err == nil {
		f.title = figures.Shorten(figures.Clean(s.Suite.Title), longest)
	}
	f.readOn()
}

// readOn takes in the lines that were added.
func (f *follower) readOn() {
	lines, state, err := f.tail.Read()
	if err != nil {
		state = archive.Ended // nobody can say more of it
	}
	f.state = state
	for _, l := range lines {
		f.add(l)
	}
	if state == archive.Ended {
		f.name = ""
	}
}

// add takes in a line.
func (f *follower) add(l archive.Progress) {
	f.line = l
	if l.Live == nil {
		return
	}
	if s := f.shown; s == nil || s.Phase != l.Phase || s.Run != l.Run || s.Search != l.Search ||
		l.Live.At < s.Live.At {
		f.points, f.dropped = nil, 0
		f.series++
	}
	f.shown, f.workers = &l, l.Live.Workers
	f.points = append(f.points, point{
		T: l.Live.At.Seconds(), Offered: l.Live.OfferedRate(), Answered: l.Live.AnsweredRate(),
		Errors: float64(l.Live.Failed) / l.Live.Length.Seconds(),
		P50:    ms(l.Live.P50), P99: ms(l.Live.P99), Lag: ms(l.Live.ScheduleLag),
	})
	if more := len(f.points) - mostPoints; more > 0 {
		f.points = slices.Delete(f.points, 0, more)
		f.dropped += uint64(more)
	}
}

// ms is a time in milliseconds; nil where it is not known.
func ms(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	v := float64(*d) / float64(time.Millisecond)
	return &v
}
