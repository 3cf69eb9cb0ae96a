package screen

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
)

// clock is a time that only tests move.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func of[T any](v T) *T { return &v }

// second is one second of load.
func second(offered, completed, failed uint64, p50, p99 time.Duration) *measure.Live {
	return &measure.Live{
		Length: time.Second, Offered: offered, Completed: completed, Failed: failed, P50: &p50, P99: &p99,
		ScheduleLag: of(410 * time.Microsecond), Workers: of(4),
	}
}

// sample is a run of two phases. Nobody changes it.
var sample = sync.OnceValue(func() *archive.Run { return archivetest.Sample(1, 2) })

// underWay is the state of a run in the midst of its second phase.
func underWay(c *clock, color bool) *state {
	r := sample()
	s := newState(Options{Title: r.Suite.Title, Suite: archivetest.Suite(), Color: color, Now: c.now})
	for i := range r.Phases {
		p, _ := s.options.Suite.Phase(r.Phases[i].Number)
		trials := r.Phases[i].Trials
		for n := range trials[:len(trials)-3*i] {
			c.at = c.at.Add(6 * time.Second)
			step := Step{Phase: p, Run: n + 1, Runs: len(trials), Left: 2 * time.Minute}
			step.Stage = "start"
			s.take(step)
			step.Stage, step.Trial, step.Line = "run done", &trials[n], fmt.Sprintf("run %d of phase %d", n+1, p.Number)
			if n == 1 {
				step.Invalid = []string{"other processes took 34 % of the host"}
			}
			s.take(step)
		}
	}
	p := s.phase.Phase
	for i := range 9 {
		step := Step{Phase: p, Stage: "warm-up", Run: 4, Runs: 6, Left: 61 * time.Second}
		if i > 2 {
			step.Stage = "measure"
		}
		step.Live = second(300, uint64(297-i%3), uint64(i/8), 1920*time.Microsecond,
			time.Duration(8+i*i%7)*time.Millisecond)
		s.take(step)
	}
	c.at = c.at.Add(1400 * time.Millisecond)
	return s
}

func TestTheScreenIsAsWideAsTheTerminal(t *testing.T) {
	for _, width := range []int{60, 80, 120, 200} {
		got := underWay(newClock(), false).view(width, 40)
		golden.Equal(t, filepath.Join("testdata", fmt.Sprintf("%d.txt", width)), []byte(got+"\n"))
	}
}

func TestALowTerminalKeepsWhatMattersMost(t *testing.T) {
	for _, height := range []int{9, 10, 14, 20} {
		got := underWay(newClock(), false).view(80, height)
		golden.Equal(t, filepath.Join("testdata", fmt.Sprintf("80x%d.txt", height)), []byte(got+"\n"))
	}
}

func TestColoursChangeNoText(t *testing.T) {
	for _, width := range []int{60, 80, 120, 200} {
		plain, coloured := underWay(newClock(), false).view(width, 40), underWay(newClock(), true).view(width, 40)
		assert.NotContains(t, plain, "\x1b")
		assert.Contains(t, coloured, "\x1b[")
		assert.Equal(t, plain, ansi.Strip(coloured))
	}
}

func TestWhatIsNotKnownIsNotNought(t *testing.T) {
	c := newClock()
	s := newState(Options{Title: "a suite", Now: c.now})
	assert.Equal(t, strings.Join([]string{
		"a suite                                           0 s so far",
		"░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   – %",
		"Preparing: nothing has started yet",
		"rate     offered –, answered – req/s",
		"p50      –",
		"p99      –",
		"errors   –",
		"workers  –, schedule lag p99 –",
	}, "\n"), s.view(60, 24))
	s.take(Step{Phase: suite.Phase{Number: 1, Name: "one", Workers: 1}, Stage: "measure", Run: 1, Runs: 6,
		Live: &measure.Live{Length: time.Second}})
	text := s.view(60, 24)
	assert.Contains(t, text, "offered 0, answered 0 req/s", "nothing was sent, and that is known")
	assert.Contains(t, text, "p99      –")
	assert.Contains(t, text, "workers  – of 1, schedule lag p99 –")
}

func TestTheTimeThatIsLeftRunsDownBetweenSteps(t *testing.T) {
	c := newClock()
	s := newState(Options{Now: c.now})
	s.take(Step{Phase: suite.Phase{Number: 1}, Stage: "start", Left: 30 * time.Second})
	c.at = c.at.Add(10 * time.Second)
	assert.Contains(t, s.view(60, 24), "20 s left\n")
	assert.Contains(t, s.view(60, 24), "  33 %\n", "10 of 30 s have passed")
	c.at = c.at.Add(time.Hour)
	assert.Contains(t, s.view(60, 24), " 0 s left\n")
	assert.Contains(t, s.view(60, 24), " 100 %\n")
}

func TestAPlanWithSearchesCountsPhases(t *testing.T) {
	plan := &suite.Suite{Phases: []suite.Phase{{Number: 3, Name: "a"}, {Number: 7, Name: "b"}}}
	s := newState(Options{Suite: plan, Open: true, Now: newClock().now})
	at := plan.Phases[1]
	at.Rate = 420
	s.take(Step{Phase: at, Stage: "start", Search: true, Left: time.Second})
	text := s.view(80, 24)
	assert.Contains(t, text, " 0 s so far\n")
	assert.Contains(t, text, "  50 %\n")
	assert.Contains(t, text, "b (2 of 2): capacity, trying 420 req/s, start\n")
	s.take(Step{Phase: at, Stage: "tried", Search: true, Message: "sustained", Trial: &archive.Trial{}})
	assert.Contains(t, s.view(80, 24), "\nRuns of this phase\n  1      420 req/s  p99         –, sustained")
}

func TestANoticeIsSeenAtEveryHeight(t *testing.T) {
	for height := range 40 {
		s := underWay(newClock(), false)
		s.notice = "interrupted"
		assert.Contains(t, s.view(80, height), "interrupted", "%d rows", height)
	}
}

// TestNothingIsWiderThanTheTerminal draws states at random, with names that nobody would choose.
func TestNothingIsWiderThanTheTerminal(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	for range effort.Of(3, 20, 200) {
		s := odd(rng)
		for width := range 260 {
			height := rng.IntN(60)
			view := s.view(width, height)
			lines := strings.Split(view, "\n")
			require.LessOrEqual(t, len(lines), max(1, height-spareRows), "%dx%d", width, height)
			for _, l := range lines {
				require.LessOrEqual(t, columns(l), min(width, mostWidth), "%dx%d: %q", width, height, l)
				control := func(r rune) bool { return unicode.IsControl(r) }
				require.Equal(t, -1, strings.IndexFunc(ansi.Strip(l), control), "%q", l)
			}
		}
	}
}

// odd is a state that is as a state should not be.
func odd(rng *rand.Rand) *state {
	names := []string{"", "plain", "\x1b[31mred\x07", "商品商品商品商品商品商品商品商品", "a\nb\tc", "\u202eevil", "👩‍👩‍👧‍👦é́",
		"\xff\xfe", strings.Repeat("long ", 90)}
	name := func() string { return names[rng.IntN(len(names))] }
	number := func() uint64 { return rng.Uint64() >> rng.IntN(64) }
	c := newClock()
	s := newState(Options{Title: name(), Suite: archivetest.Suite(), Open: rng.IntN(2) == 0,
		Color: rng.IntN(2) == 0, Now: c.now})
	trials := sample().Phases[0].Trials
	for range rng.IntN(200) {
		c.at = c.at.Add(time.Duration(rng.Int64N(int64(time.Hour))))
		step := Step{
			Phase: suite.Phase{Number: rng.IntN(200), Name: name(), Workers: rng.IntN(64), Rate: suite.Rate(number())},
			Stage: name(), Run: rng.IntN(12), Runs: rng.IntN(12), Search: rng.IntN(3) == 0, Message: name(),
			Left: time.Duration(rng.Int64()), Line: name(),
		}
		if rng.IntN(2) == 0 {
			step.Live = second(number(), number(), number(), time.Duration(number()>>1), time.Duration(number()>>1))
		}
		if rng.IntN(2) == 0 {
			step.Trial, step.Invalid = &trials[rng.IntN(len(trials))], []string{name(), name()}
		}
		if rng.IntN(3) == 0 {
			step.Live, step.Trial = &measure.Live{}, &archive.Trial{}
		}
		s.take(step)
	}
	s.notice = []string{"", "notice"}[rng.IntN(2)]
	return s
}
