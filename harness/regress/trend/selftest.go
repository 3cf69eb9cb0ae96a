package trend

import (
	"fmt"
	"math/rand/v2"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// Trial is how the detection fares on histories of which the truth is known.
type Trial struct {
	Step      float64 `json:"step"`      // relative, for the worse; 0: none
	Histories int     `json:"histories"` //
	Alarms    int     `json:"alarms"`    // histories in which a change was confirmed where there is none
	Found     int     `json:"found"`     // histories in which the step was confirmed, within two data points
	// interval of the share, at 95 %: of alarms without a step, else of steps found
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// near is how many data points a change may be told off its place.
const near = 2

// stretch is the length of the histories of a self-test, in data points; the step comes in the middle.
const stretch = 60

// drawn is the length of the blocks that the histories of a self-test are made of. It is longer
// than the blocks that the detection shuffles: noise that lasts longer than those is to fool
// it here as it would in truth.
const drawn = 8

// SelfTest puts the detection to the test on the noise of a series: histories are made of
// blocks of its values, drawn at random from about one level, without a change and with steps of
// the given sizes.
func SelfTest(s Series, steps []float64, histories int, o Options) ([]Trial, error) {
	o = o.withDefaults()
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(s.Values) < 2*o.Side {
		return nil, fmt.Errorf("put the detection to the test on %s: %d data points are too few; allowed: %d and more",
			s.Name, len(s.Values), 2*o.Side)
	}
	noise := levelled(s, o)
	r := random(o.Seed, 1<<20)
	var all []Trial
	for _, step := range steps {
		t := Trial{Step: step, Histories: histories}
		for range histories {
			values := resampled(r, noise, min(drawn, len(noise)))
			for i := stretch / 2; i < stretch; i++ {
				if s.Better == stats.Lower {
					values[i] *= 1 + step
				} else {
					values[i] /= 1 + step
				}
			}
			report, err := Judge([]Series{{Name: s.Name, Better: s.Better, Values: values}}, nil, o)
			if err != nil {
				return nil, err
			}
			found, alarm := false, false
			for _, c := range report.Results[0].Changes {
				switch {
				case !c.Confirmed:
				case step > 0 && abs(c.At-stretch/2) <= near:
					found = true
				default:
					alarm = true
				}
			}
			t.count(found, alarm)
		}
		share := t.Found
		if step == 0 {
			share = t.Alarms
		}
		t.Low, t.High = stats.Share(share, histories)
		all = append(all, t)
	}
	return all, nil
}

func (t *Trial) count(found, alarm bool) {
	if found {
		t.Found++
	}
	if alarm {
		t.Alarms++
	}
}

// levelled is a series with every level that is found, small ones too, brought to 1, and its
// drifts taken off.
func levelled(s Series, o Options) []float64 {
	o.Least = 0.01
	report, err := Judge([]Series{s}, nil, o)
	values := append([]float64(nil), s.Values...)
	if err != nil || len(report.Results) == 0 {
		return values
	}
	edges := []int{0}
	for _, c := range report.Results[0].Changes {
		edges = append(edges, c.At)
	}
	edges = append(edges, len(values))
	for i := 0; i+1 < len(edges); i++ {
		part := values[edges[i]:edges[i+1]]
		if len(part) == 0 {
			continue
		}
		level := stats.Median(part)
		for j := range part {
			part[j] /= level
		}
	}
	if d := report.Results[0].Drift; d != nil {
		for i := d.From; i < len(values); i++ {
			values[i] /= 1 + d.PerPoint*(float64(i-d.From)-float64(len(values)-1-d.From)/2)
		}
	}
	return values
}

// resampled is a history made of blocks of a noise.
func resampled(r *rand.Rand, noise []float64, block int) []float64 {
	values := make([]float64, 0, stretch+block)
	for len(values) < stretch {
		start := r.IntN(len(noise) - block + 1)
		values = append(values, noise[start:start+block]...)
	}
	return values[:stretch]
}

func abs(n int) int { return max(n, -n) }

// MaxHistories is the most histories of a self-test for one step.
const MaxHistories = 100_000

// testedSteps are the relative steps of a self-test of several series.
var testedSteps = []float64{0, 0.03, 0.05, 0.10, 0.20}

// Tested is the self-test of one series, or why there is none.
type Tested struct {
	Series string  `json:"series"`
	Unit   string  `json:"unit"`
	Trials []Trial `json:"trials"` // empty where there is an error
	Error  string  `json:"error,omitempty"`
}

// SelfTestAll is [SelfTest] of each series, without a change and with steps from 3 to 20 %. A series that cannot be
// tested says why.
func SelfTestAll(all []Series, histories int, o Options) []Tested {
	var done []Tested
	for _, s := range all {
		t := Tested{Series: s.Name, Unit: s.Unit, Trials: []Trial{}}
		trials, err := SelfTest(s, testedSteps, histories, o)
		if err != nil {
			t.Error = err.Error()
		} else {
			t.Trials = trials
		}
		done = append(done, t)
	}
	return done
}
