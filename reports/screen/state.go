package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Step is one step of a run that is going on.
type Step struct {
	Phase   suite.Phase
	Stage   string // what is being done, in a word or two
	Run     int    // 1 and up; 0 outside a run
	Runs    int    // planned for the phase
	Search  bool   // the run is one of a search for the capacity
	Message string // a detail of the stage, or what came of a run of a search; may be empty
	Left    time.Duration
	Live    *measure.Live  // the last second of load; nil when the step tells nothing of it
	Trial   *archive.Trial // the run that is done with this step; nil when none is
	Invalid []string       // why that run is excluded; empty when it counts
	// Line stays on the terminal, above the screen or in its place; "" when nothing does.
	Line string
}

// lastSeconds is how many seconds of a run are kept: as many as the widest sparkline shows.
const lastSeconds = 120

// state is what is known of a run that is going on.
type state struct {
	options  Options
	began    time.Time
	phase    *phase // under way; nil before the first
	done     []phase
	step     Step // the latest of the phase
	left     time.Duration
	leftAt   time.Time // when left was told; zero: it never was
	seconds  []measure.Live
	counted  counts
	notice   string
	pending  []string // lines that stay and are not written yet
	deferred []string // those of runs of the phase: the screen lists these runs until the phase is done
}

// counts are the requests of a stage of a run so far: of its warm-up, or of its measurement window.
type counts struct {
	stage       string
	failed, all uint64
}

// phase is a phase with its runs that are done.
type phase struct {
	suite.Phase
	runs  []finished
	tries int
}

// finished is a run that is done.
type finished struct {
	number int           // of the run
	search bool          // it is one of a search
	rate   float64       // good answers, req/s; of a search what was offered
	p99    time.Duration // of the response times; negative when it is not known
	failed uint64        // requests that failed or were not sent
	said   string        // what came of a run of a search
	why    []string      // why it is excluded
}

func newState(o Options) *state { return &state{options: o, began: o.Now()} }

// take takes a step.
func (s *state) take(step Step) {
	if s.phase == nil || s.phase.Number != step.Phase.Number {
		s.enter(step.Phase)
	}
	if step.Run != s.step.Run || step.Search != s.step.Search {
		s.seconds, s.counted = nil, counts{}
	}
	s.step = step
	if !s.options.Open {
		s.left, s.leftAt = step.Left, s.options.Now()
	}
	if l := step.Live; l != nil {
		if s.counted.stage != step.Stage { // the warm-up's are no concern of the measurement window's
			s.counted = counts{stage: step.Stage}
		}
		s.seconds = append(s.seconds, *l)
		s.seconds = s.seconds[max(0, len(s.seconds)-lastSeconds):]
		s.counted.failed += l.Failed
		s.counted.all += l.Completed + l.Failed
	}
	if step.Trial != nil {
		s.phase.add(step)
	}
	switch line := figures.Clean(step.Line); {
	case line == "":
	case step.Trial != nil:
		s.deferred = append(s.deferred, line)
	default:
		s.release()
		s.pending = append(s.pending, line)
	}
}

// enter begins a phase, which ends the one before it.
func (s *state) enter(p suite.Phase) {
	s.release()
	if s.phase != nil {
		s.done = append(s.done, *s.phase)
	}
	s.phase, s.step, s.seconds, s.counted = &phase{Phase: p}, Step{}, nil, counts{}
}

// release lets the lines of the phase's runs be written.
func (s *state) release() {
	s.pending = append(s.pending, s.deferred...)
	s.deferred = nil
}

// lines are those that stay and are to be written now; all of them, when the screen goes.
func (s *state) lines(all bool) []string {
	if all {
		s.release()
	}
	lines := s.pending
	s.pending = nil
	return lines
}

// add notes a run that is done.
func (p *phase) add(step Step) {
	w := step.Trial.Window
	f := finished{number: step.Run, search: step.Search, p99: -1, said: step.Message, why: step.Invalid}
	if step.Search {
		p.tries++
		f.number, f.rate = p.tries, float64(step.Phase.Rate)
	}
	if w != nil {
		f.failed = w.Failed + w.Unsent
		if !step.Search {
			f.rate = w.Goodput()
		}
		if p99, ok := w.Response.Quantile(0.99); ok {
			f.p99 = p99
		}
	}
	p.runs = append(p.runs, f)
}

// summary says in one line what the phase's runs yielded: over those that count, or over all where none does.
func (p *phase) summary() string {
	judged := slices.DeleteFunc(slices.Clone(p.runs), func(f finished) bool { return f.search })
	counted := slices.DeleteFunc(slices.Clone(judged), func(f finished) bool { return len(f.why) > 0 })
	var parts []string
	if len(judged) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s count", len(counted), figures.Plural(len(judged), "run")))
		if len(counted) == 0 {
			counted = judged
		}
		var rates, p99s []float64
		for _, f := range counted {
			rates = append(rates, f.rate)
			if f.p99 >= 0 {
				p99s = append(p99s, milliseconds(f.p99))
			}
		}
		parts = append(parts, span(rates, "req/s"), "p99 "+span(p99s, "ms"))
	}
	if p.tries > 0 {
		parts = append(parts, figures.Plural(p.tries, "run")+" of a search for the capacity")
	}
	if len(parts) == 0 {
		return "no run was made"
	}
	return strings.Join(parts, ", ")
}

// span writes the least and the greatest of some figures.
func span(of []float64, unit string) string {
	if len(of) == 0 {
		return unknown
	}
	low, high := figures.Number(slices.Min(of)), figures.Number(slices.Max(of))
	if low == high {
		return low + " " + unit
	}
	return low + "–" + high + " " + unit
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// remaining is the estimate of the time that everything still takes; false when it is not known.
func (s *state) remaining() (time.Duration, bool) {
	if s.leftAt.IsZero() {
		return 0, false
	}
	return max(0, s.left-s.options.Now().Sub(s.leftAt)), true
}

// share is the part of the plan that is done, in the range [0,1]: of its time, or of its phases where the time is
// not known.
func (s *state) share() (share float64, known bool) {
	if left, ok := s.remaining(); ok {
		passed := s.passed()
		if passed+left <= 0 {
			return 0, true
		}
		return min(1, max(0, passed.Seconds()/(passed+left).Seconds())), true
	}
	at, of := s.position()
	if of < 2 || at == 0 {
		return 0, false
	}
	return float64(at-1) / float64(of), true
}

// passed is the time since the screen began.
func (s *state) passed() time.Duration { return s.options.Now().Sub(s.began) }

// position is the place of the phase under way among those of the plan, from 1 on; 0 when it has none.
func (s *state) position() (at, of int) {
	phases := s.options.phases()
	if s.phase == nil {
		return 0, len(phases)
	}
	return 1 + slices.IndexFunc(phases, func(p suite.Phase) bool { return p.Number == s.phase.Number }), len(phases)
}
