package archivetest

import (
	"slices"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// made are the trials that were simulated so far: most tests ask for the same ones, and to simulate them took most of
// their time.
var made sync.Map // which to func() archive.Trial

// which tells trials apart.
type which struct {
	phase, number int
	shape         shape
}

// Forget lets all runs be simulated anew.
func Forget() { made.Clear() }

// trial is one run of a phase, which began at a time. Whatever is done to it, the next one is the same.
func trial(s *suite.Suite, p suite.Phase, sh shape, number int, at time.Time) archive.Trial {
	once, _ := made.LoadOrStore(which{p.Number, number, sh}, sync.OnceValue(func() archive.Trial {
		t := simulated(s, p, sh, number)
		t.Warmup, t.Window = window(t.Warmup), window(t.Window) // which are as small as those of a run that was loaded
		return t
	}))
	t := once.(func() archive.Trial)()
	t.Started, t.Warmup, t.Window = at, window(t.Warmup), window(t.Window)
	u := *t.Usage
	u.Series = slices.Clone(u.Series)
	for i := range u.Series {
		u.Series[i].Points = slices.Clone(u.Series[i].Points)
	}
	t.Usage = &u
	return t
}

// window is a copy of a window.
func window(of *measure.Window) *measure.Window {
	w := *of
	w.Response, w.Service = w.Response.Copy(), w.Service.Copy()
	w.ScheduleLag, w.Wait = w.ScheduleLag.Copy(), w.Wait.Copy()
	w.Endpoints, w.Workers = breakdowns(w.Endpoints), breakdowns(w.Workers)
	w.Errors = slices.Clone(w.Errors)
	w.Seconds = slices.Clone(w.Seconds)
	for i := range w.Seconds {
		w.Seconds[i].Response = w.Seconds[i].Response.Copy()
	}
	return &w
}

func breakdowns(of []measure.Breakdown) []measure.Breakdown {
	all := slices.Clone(of)
	for i := range all {
		all[i].Response, all[i].Service = all[i].Response.Copy(), all[i].Service.Copy()
	}
	return all
}
