package archive

import (
	"errors"
	"fmt"
	"math"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// check refuses a run whose values cannot have been measured.
func (r *Run) check() error {
	if scale := r.Options.RateScale; !(scale >= 0) || math.IsInf(scale, 0) {
		return fmt.Errorf("the rates' scale is %v, allowed are numbers above 0", scale)
	}
	if r.Options.Runs < 0 {
		return fmt.Errorf("%d runs were planned, allowed are 0 and more", r.Options.Runs)
	}
	seen := map[int]bool{}
	for _, p := range r.Phases {
		if p.Number < 1 || seen[p.Number] {
			return fmt.Errorf("phase number %d, allowed are numbers from 1, each once", p.Number)
		}
		seen[p.Number] = true
		if err := p.check(); err != nil {
			return fmt.Errorf("phase %d: %w", p.Number, err)
		}
	}
	return nil
}

func (p Phase) check() error {
	if p.Workers < 1 {
		return fmt.Errorf("%d workers, allowed are 1 and more", p.Workers)
	}
	if !(p.Offered > 0) || math.IsInf(float64(p.Offered), 0) {
		return fmt.Errorf("%v were offered, allowed are rates above 0", p.Offered)
	}
	for _, k := range p.kinds() {
		seen := map[int]bool{}
		for _, t := range k.trials {
			if t.Number < 1 || seen[t.Number] {
				return fmt.Errorf("%s number %d, allowed are numbers from 1, each once", k.name, t.Number)
			}
			seen[t.Number] = true
			if err := t.check(); err != nil {
				return fmt.Errorf("%s %d: %w", k.name, t.Number, err)
			}
		}
	}
	return nil
}

func (t Trial) check() error {
	if n := t.Noise; n.SpinBefore < 0 || n.SpinAfter < 0 || !(n.Steal >= 0 && n.Steal <= 1) {
		return fmt.Errorf("host noise of %v, %v and a steal of %v, allowed are times from 0 and a share in [0,1]",
			n.SpinBefore, n.SpinAfter, n.Steal)
	}
	if w := t.Warm; w != nil && (!w.Ended.Valid() || w.Steady < 0) {
		return fmt.Errorf(
			"the warm-up ended %q, steady after %v, allowed are warm, saturated, unsettled and fixed, and times from 0",
			w.Ended, w.Steady,
		)
	}
	for _, q := range []measure.Quiet{t.Noise.QuietBefore, t.Noise.QuietAfter} {
		if q.Waited < 0 || !(q.Busy >= 0) {
			return fmt.Errorf("processes that used %v cores after %v, allowed are 0 and more", q.Busy, q.Waited)
		}
	}
	for name, v := range t.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the disturbance's %s is %v, allowed are finite numbers", name, v)
		}
	}
	if err := checkUsage(t.Usage); err != nil {
		return err
	}
	if t.Warmup == nil || t.Window == nil {
		if t.Interrupted {
			return nil
		}
		return errors.New("it was finished and has no window")
	}
	if err := checkWindow(t.Warmup); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	if err := checkWindow(t.Window); err != nil {
		return fmt.Errorf("window: %w", err)
	}
	if t.Warmup.End > t.Window.Start {
		return fmt.Errorf("the warm-up ends at %v, after the window's start at %v", t.Warmup.End, t.Window.Start)
	}
	return nil
}

func checkWindow(w *measure.Window) error {
	if w.Start < 0 || w.End < w.Start {
		return fmt.Errorf("it lasts from %v to %v", w.Start, w.End)
	}
	if w.Sent+w.Unsent != w.Offered || w.Succeeded+w.Failed != w.Sent {
		return fmt.Errorf("%d requests offered are not %d sent and %d unsent, or those not %d succeeded and %d failed",
			w.Offered, w.Sent, w.Unsent, w.Succeeded, w.Failed)
	}
	for i := 1; i < len(w.Seconds); i++ {
		if w.Seconds[i].At <= w.Seconds[i-1].At {
			return fmt.Errorf("second %d starts at %v, not after the one before it", i+1, w.Seconds[i].At)
		}
	}
	return nil
}

func checkUsage(u *measure.Usage) error {
	if u == nil {
		return nil
	}
	for _, part := range []measure.Others{u.OthersBefore, u.Others, u.OthersAfter} {
		for _, share := range []float64{part.Taken, part.Stolen, part.Pressure} {
			if !(share >= 0 && share <= 1) {
				return fmt.Errorf("others took a share of %v, allowed are shares in [0,1]", share)
			}
		}
	}
	for _, s := range u.Series {
		if !(s.CPU >= 0) || s.PeakRSS < 0 {
			return fmt.Errorf("%s %s used %v s of processor time and %d bytes, allowed are 0 and more", s.Role, s.Name,
				s.CPU, s.PeakRSS)
		}
		for _, p := range s.Points {
			if !(p.CPU >= 0) || p.RSS < 0 {
				return fmt.Errorf("%s %s used %v cores and %d bytes at %v, allowed are 0 and more", s.Role, s.Name,
					p.CPU, p.RSS, p.At)
			}
		}
	}
	return nil
}
