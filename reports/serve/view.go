package serve

import (
	"fmt"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// longest is how many characters of a foreign text are shown.
const longest = 200

// view is what the live page says. Texts are ready to be shown.
type view struct {
	State  archive.State `json:"state"`
	Head   string        `json:"head"`   // what is done now, in one line
	Run    string        `json:"run"`    // id of the run; "" for none
	Title  string        `json:"title"`  // of its suite
	Tiles  []tile        `json:"tiles"`  // figures of the last second
	Series string        `json:"series"` // what the points are of
	Fresh  bool          `json:"fresh"`  // the points are all there are, not those that were added
	Points []point       `json:"points"`
}

// tile is one figure.
type tile struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// say puts the state into words. The lock is held.
func (f *follower) say() view {
	v := view{State: f.state, Run: figures.Clean(f.name), Title: f.title}
	switch {
	case f.name == "" || f.state == archive.Ended:
		v.State, v.Run = archive.Ended, ""
		v.Head = "No run is going on. This page shows the next one as soon as it begins."
		return v
	case f.state == archive.Stopped:
		v.Head = "The run was stopped: its process is no more. It was at: " + doing(f.line)
	default:
		v.Head = figures.Capital(doing(f.line))
	}
	v.Series = series(f.shown)
	v.Tiles = f.tiles()
	return v
}

// doing is what a line says in words.
func doing(l archive.Progress) string {
	if l.Stage == "" {
		return "preparing."
	}
	text := place(l)
	if l.Run > 0 && !l.Search {
		text += fmt.Sprintf(", run %d of %d", l.Run, max(l.Run, l.Runs))
	} else if l.Search {
		text += ", search for the capacity"
	}
	text += ": " + figures.Clean(l.Stage)
	if l.Message != "" {
		text += " (" + figures.Shorten(figures.Clean(l.Message), longest) + ")"
	}
	return text
}

// place names the phase of a line.
func place(l archive.Progress) string {
	return strings.TrimSpace(fmt.Sprintf("phase %d %s", l.Phase, figures.Shorten(figures.Clean(l.Name), 40)))
}

// series says of which run the points are.
func series(l *archive.Progress) string {
	if l == nil {
		return ""
	}
	text := figures.Capital(place(*l))
	if l.Run > 0 {
		text += fmt.Sprintf(", run %d", l.Run)
	}
	if l.Search {
		text += " of the search for the capacity"
	}
	return text
}

// none stands for the figures of a time in which no load is offered.
const none = "–"

// tiles are the figures of the last second of load, while there is any.
func (f *follower) tiles() []tile {
	var last point
	loaded := f.line.Live != nil && len(f.points) > 0 && f.state == archive.Going
	if loaded {
		last = f.points[len(f.points)-1]
	}
	value := func(unit string, v *float64) string {
		switch {
		case !loaded:
			return none
		case v == nil:
			return figures.Unknown
		}
		return figures.In(unit)(*v, true)
	}
	rate := func(v float64) string { return value("req/s", &v) }
	return []tile{
		{"Time left, estimate", left(f.line.Left, f.state)}, {"Offered", rate(last.Offered)},
		{"Answered", rate(last.Answered)}, {"Response time p50", value("ms", last.P50)},
		{"Response time p99", value("ms", last.P99)},
		{"Errors", rate(last.Errors)}, {"Workers", f.workersText(loaded)},
		{"Schedule lag p99", value("ms", last.Lag)},
	}
}

// left is the time that remains.
func left(d time.Duration, s archive.State) string {
	if s == archive.Stopped {
		return "none"
	}
	return figures.Elapsed(d)
}

// workersText is how many workers there are, of how many there are to be.
func (f *follower) workersText(loaded bool) string {
	switch {
	case !loaded:
		return none
	case f.workers == nil:
		return figures.Unknown
	case f.line.Workers < 1:
		return fmt.Sprint(*f.workers)
	}
	return fmt.Sprintf("%d of %d", *f.workers, f.line.Workers)
}
