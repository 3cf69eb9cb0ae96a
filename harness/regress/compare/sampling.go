package compare

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// LeastNarrowed is the least number of pairs after which an interval can be called narrow enough: with fewer
// the signed-rank test has none at 95 %.
const LeastNarrowed = 6

// Levels of the intervals of pairs. Pairs that are added until the interval is narrow stop a little too often
// where the runs happen to look alike: an interval at 95 % then holds the truth in 93 % of the comparisons. At
// 96.5 % it holds it in 95 % to 97 % (TestNarrowIntervalsHoldTheTruth), and is called one at 95 %.
const (
	fixedLevel    = 0.95
	narrowedLevel = 0.965
)

// drivenPhase finds phase and rate in the name of a benchmark.
var drivenPhase = regexp.MustCompile(`\bphase=(\d+)\b.*\brate=([0-9.]+)`)

// Driven is the phase, and the rate in req/s, of a benchmark that verify drove; false when it names none.
func Driven(benchmark string) (phase int, rate float64, ok bool) {
	m := drivenPhase.FindStringSubmatch(benchmark)
	if m == nil {
		return 0, 0, false
	}
	phase, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, 0, false
	}
	rate, err = strconv.ParseFloat(m[2], 64)
	return phase, rate, err == nil && rate > 0
}

// Sampling says how many pairs of runs are made.
//
// With Within the pairs of a phase go on until the interval of its ratio of CPU per request is narrow enough.
// Whether it is depends on its width alone, never on the ratio or on what chance makes of it: a sequential
// interval of fixed width (Chow and Robbins, Ann. Math. Statist. 36 (1965), 457–462).
type Sampling struct {
	Unit   string        // of the series whose interval is to be narrow: processor time per request
	Phases []int         // at least one
	Least  int           // pairs of each phase, and with Within at least [LeastNarrowed]
	Within float64       // wanted half-width, as a share of the ratio, e.g. 0.03; 0: Least pairs are made, and no more
	Budget time.Duration // no pair begins that is not expected to end within it; 0: none
}

// Measure makes one run of each phase with both sides, the base (side 0) and the head (side 1), and returns their
// bench files. The side named first goes first.
type Measure func(pair, first int, phases []int) (texts [2][]byte, err error)

// Pairs are runs of base and head that were made next to one another.
type Pairs struct {
	Base, Head []Input
	Within     float64
	Widths     []Width // by phase
	Spent      bool    // the budget ended first
}

// Width is how wide the interval of a phase's ratio of CPU per request is.
type Width struct {
	Phase int
	Pairs int     // with a figure on both sides
	Half  float64 // as a share of the ratio; 0 when it is not known
	More  int     // pairs that it would take beside these to reach the wanted width, about; 0 when none, or not known
	// Turn is the length of the turns in which both sides were loaded; 0: one was measured after the other.
	Turn time.Duration
}

// Make makes pairs until there are enough. The clock tells the time since the start. The side that goes first
// alternates: what drifts on the machine falls on both alike.
func (s Sampling) Make(clock func() time.Duration, measure Measure) (Pairs, error) {
	p := Pairs{Within: s.Within}
	logs := map[int][]float64{}
	each := time.Duration(0) // what a phase of the last pair took
	for pair := 0; ; pair++ {
		phases := s.wanting(pair, logs)
		if len(phases) == 0 {
			break
		}
		began := clock()
		if s.Budget > 0 && began+each*time.Duration(len(phases)) > s.Budget {
			p.Spent = true
			break
		}
		if err := p.add(pair, s.Unit, phases, logs, measure); err != nil {
			return p, err
		}
		each = (clock() - began) / time.Duration(len(phases))
	}
	for _, phase := range s.Phases {
		p.Widths = append(p.Widths, s.width(phase, logs[phase]))
	}
	return p, nil
}

// wanting are the phases that need another pair.
func (s Sampling) wanting(made int, logs map[int][]float64) []int {
	least := s.Least
	if s.Within > 0 {
		least = max(least, LeastNarrowed)
	}
	if made < least {
		return s.Phases
	}
	return slices.DeleteFunc(slices.Clone(s.Phases), func(phase int) bool {
		return s.Within == 0 || len(logs[phase]) == 0 || s.width(phase, logs[phase]).More == 0
	})
}

// width is the width that the pairs of a phase came to.
func (s Sampling) width(phase int, logs []float64) Width {
	w := Width{Phase: phase, Pairs: len(logs)}
	if w.Pairs < LeastNarrowed {
		if w.Pairs > 0 && s.Within > 0 {
			w.More = LeastNarrowed - w.Pairs
		}
		return w
	}
	half := halfWidth(stats.PairedInterval(logs, s.level()))
	w.Half = math.Expm1(half)
	if wanted := math.Log1p(s.Within); s.Within > 0 && half > wanted {
		w.More = further(float64(w.Pairs)*square(half/wanted), w.Pairs)
	}
	return w
}

func (s Sampling) level() float64 { return level(s.Within > 0) }

// level is the level at which the interval of pairs is taken, so that it holds the truth in 95 % of the comparisons.
func level(narrowed bool) float64 {
	if narrowed {
		return narrowedLevel
	}
	return fixedLevel
}

// add makes one pair.
func (p *Pairs) add(pair int, unit string, phases []int, logs map[int][]float64, measure Measure) error {
	texts, err := measure(pair, pair%len(Sides), phases)
	if err != nil {
		return err
	}
	sides := func(side int) Input {
		name := fmt.Sprintf("%s-%d.txt", Sides[side], pair+1)
		return Input{Name: name, Reader: bytes.NewReader(texts[side])}
	}
	all, _, err := Read([]Input{sides(0)}, []Input{sides(1)})
	if err != nil {
		return err
	}
	for _, one := range all {
		if phase, _, ok := Driven(one.Benchmark); ok && one.Unit == unit {
			logs[phase] = append(logs[phase], stats.LogRatios(one.Base, one.Head)...)
		}
	}
	p.Base, p.Head = append(p.Base, sides(0)), append(p.Head, sides(1))
	return nil
}

// halfWidth is half of what lies between the ends of an interval.
func halfWidth(_, low, high float64) float64 { return (high - low) / 2 }
