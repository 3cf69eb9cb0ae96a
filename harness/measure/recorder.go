package measure

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxNames bounds the distinct endpoints, and the distinct workers, that a window
// tells apart; what comes later is counted under [OtherNames].
const MaxNames = 256

// OtherNames is the name under which endpoints and workers beyond [MaxNames] are counted.
const OtherNames = "(others)"

// Recorder turns samples into windows. It is safe for concurrent use.
//
// One lock guards it: uncontended it costs less than the copies that a recorder per
// goroutine would need, which for hundreds of connections are hundreds of megabytes.
// The histograms of a window as a whole and of its endpoints are dense, those of its
// seconds and workers sparse: an hour of 5,000 requests a second takes some 60 MB.
type Recorder struct {
	mu      sync.Mutex
	windows []*tally
	latest  time.Duration // the latest moment of a sample; kept while the last window has no end
	live    *liveTally    // nil: nobody asked for it
	spare   *liveTally    // empty, takes its place
}

// endless is the end of a window that has none yet.
const endless = time.Duration(math.MaxInt64)

// NewRecorder returns a recorder of the windows between consecutive edges, which are
// since the schedule's origin: (0, 2s, 7s) makes [0,2s) and [2s,7s).
func NewRecorder(edges ...time.Duration) (*Recorder, error) {
	if len(edges) < 2 {
		return nil, errors.New("record windows: no window, at least two edges are needed")
	}
	r := &Recorder{}
	for i, end := range edges[1:] {
		start := edges[i]
		if start < 0 || end < start {
			return nil, fmt.Errorf("record windows: from %v to %v, allowed are edges from 0 in rising order", start,
				end)
		}
		r.windows = append(r.windows, newTally(start, end))
	}
	return r, nil
}

// NewOpenRecorder returns a recorder of a window that starts at the schedule's origin and lasts until
// [Recorder.Begin] says where it ends and the next one begins.
func NewOpenRecorder() *Recorder { return &Recorder{windows: []*tally{newTally(0, endless)}} }

// Begin ends the open window at start and begins the next one there, which lasts until end. It reports whether it
// did: not when a sample of start or later has been recorded already, since that would be lost.
func (r *Recorder) Begin(start, end time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := r.windows[len(r.windows)-1]
	if open.End != endless || start < open.Start || end < start || r.latest >= start && r.latest > 0 {
		return false
	}
	open.End = start
	open.extend(seconds(start - open.Start))
	r.windows = append(r.windows, newTally(start, end))
	return true
}

// Record counts a sample: in the window and second in which it was scheduled, and
// among the completed of those in which a good answer arrived. It keeps nothing of
// the sample's memory.
func (r *Recorder) Record(s Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.windows[len(r.windows)-1].End == endless {
		r.latest = max(r.latest, s.Scheduled, s.Done)
	}
	if r.live != nil {
		r.live.add(1, &s)
	}
	for _, t := range r.windows {
		if t.Start <= s.Scheduled && s.Scheduled < t.End {
			t.scheduled(&s)
		}
		if !s.Unsent && s.Err == nil && t.Start <= s.Done && s.Done < t.End {
			t.Completed++
			t.second(s.Done).Completed++
			t.answered(s.Done)
		}
	}
}

// RecordAll counts so many requests of which none was sent, and which the sample is like in all
// else: Unsent must be set.
func (r *Recorder) RecordAll(count uint64, s Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.windows[len(r.windows)-1].End == endless {
		r.latest = max(r.latest, s.Scheduled)
	}
	if r.live != nil {
		r.live.add(count, &s)
	}
	for _, t := range r.windows {
		if t.Start <= s.Scheduled && s.Scheduled < t.End {
			t.unsent(count, &s)
		}
	}
}

// Cut ends the windows at the given time at the latest, after a run that was stopped
// early. Nothing scheduled or answered later may have been recorded.
func (r *Recorder) Cut(at time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.windows {
		t.End = max(t.Start, min(t.End, at))
		t.extend(seconds(t.End - t.Start))
		t.Seconds = t.Seconds[:seconds(t.End-t.Start)]
	}
}

// Windows returns the windows in order, complete and sorted. Nothing may be recorded
// afterwards.
func (r *Recorder) Windows() []*Window {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*Window
	for _, t := range r.windows {
		all = append(all, t.finish())
	}
	return all
}

// tally is a window that is being recorded.
type tally struct {
	*Window
	endpoints map[string]*Breakdown
	workers   map[string]*Breakdown
	errors    errorCounts
	latest    time.Duration // arrival of a good answer, or the window's start
}

func newTally(start, end time.Duration) *tally {
	t := &tally{
		Window: NewWindow(start, end), endpoints: map[string]*Breakdown{}, workers: map[string]*Breakdown{},
		errors: errorCounts{}, latest: start,
	}
	if end != endless {
		t.extend(seconds(end - start))
	}
	return t
}

// extend gives the window as many seconds, unless it has more.
func (t *tally) extend(count int) {
	for i := len(t.Seconds); i < count; i++ {
		t.Seconds = append(t.Seconds,
			Second{At: t.Start + time.Duration(i)*time.Second, Response: NewSparseHistogram()})
	}
}

// seconds is the number of seconds that a length of time touches.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// second is the second of the window that a time within the window falls into.
func (t *tally) second(at time.Duration) *Second {
	i := int((at - t.Start) / time.Second)
	t.extend(i + 1)
	return &t.Seconds[i]
}

// scheduled counts a sample that was scheduled in the window.
func (t *tally) scheduled(s *Sample) {
	if s.Unsent {
		t.unsent(1, s)
		return
	}
	second := t.second(s.Scheduled)
	t.Offered++
	second.Offered++
	second.Lag = max(second.Lag, s.Released-s.Scheduled)
	t.ScheduleLag.Record(s.Released - s.Scheduled)
	t.Sent++
	t.Response.Record(s.Done - s.Scheduled)
	t.Service.Record(s.Done - s.Sent)
	t.Wait.Record(s.Sent - s.Released)
	second.Response.Record(s.Done - s.Scheduled)
	breakdown(t.endpoints, s.Endpoint, NewHistogram).add(s)
	if s.Worker != "" {
		breakdown(t.workers, s.Worker, NewSparseHistogram).add(s)
	}
	if s.Err == nil {
		t.Succeeded++
		return
	}
	t.Failed++
	second.Failed++
	t.errors.add(s)
}

// unsent counts requests that were scheduled in the window and never sent.
func (t *tally) unsent(count uint64, s *Sample) {
	second := t.second(s.Scheduled)
	t.Offered += count
	second.Offered += count
	second.Lag = max(second.Lag, s.Released-s.Scheduled)
	t.ScheduleLag.RecordAll(count, s.Released-s.Scheduled)
	t.Unsent += count
	second.Failed += count
	t.errors.addAll(count, s)
}

// breakdown is the one of that name, made when it is new.
func breakdown(all map[string]*Breakdown, name string, histogram func() *Histogram) *Breakdown {
	b := all[name]
	if b == nil && len(all) >= MaxNames {
		name = OtherNames
		b = all[name]
	}
	if b == nil {
		b = &Breakdown{Name: name, Response: histogram(), Service: histogram()}
		all[name] = b
	}
	return b
}

func (b *Breakdown) add(s *Sample) {
	if s.Err == nil {
		b.Succeeded++
	} else {
		b.Failed++
	}
	b.Response.Record(s.Done - s.Scheduled)
	b.Service.Record(s.Done - s.Sent)
}

// answered notes the arrival of a good answer. Answers are recorded nearly in the order
// of their arrival; one that is recorded after a later one closes no gap.
func (t *tally) answered(at time.Duration) {
	t.Gap = max(t.Gap, at-t.latest)
	t.latest = max(t.latest, at)
}

func (t *tally) finish() *Window {
	t.Gap = max(t.Gap, t.End-t.latest)
	t.Endpoints, t.Workers, t.Errors = sorted(t.endpoints), sorted(t.workers), t.errors.list()
	t.OutOfRange = 0
	for _, h := range []*Histogram{t.Response, t.Service, t.ScheduleLag, t.Wait} {
		t.OutOfRange += h.OutOfRange()
	}
	return t.Window
}

// sorted orders by name, numbers by their value, so that worker 10 follows worker 9.
func sorted(all map[string]*Breakdown) []Breakdown {
	list := make([]Breakdown, 0, len(all))
	for _, b := range all {
		list = append(list, *b)
	}
	slices.SortFunc(list, func(a, b Breakdown) int {
		if isNumber(a.Name) && isNumber(b.Name) {
			return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return list
}

// isNumber reports whether name is a decimal number without leading zeros.
func isNumber(name string) bool {
	return name != "" && name[0] != '0' && strings.Trim(name, "0123456789") == ""
}
