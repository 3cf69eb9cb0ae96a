package load

import (
	"context"
	"time"
)

// Bounds of the pacer. On two cores of a virtual machine at 5,000 req/s a watchShare of 0.01
// makes the median schedule lag 2 to 3 µs, one of 0.04 makes it 1 µs, for 6 µs of processor
// time per request more.
const (
	maxMargin   = 300 * time.Microsecond // the longest time before a moment that the pacer wakes
	shortest    = 5 * time.Microsecond   // the shortest time for which sleeping is worth its cost
	watchShare  = 0.01                   // the share of a processor that may go into watching the clock
	watchCredit = maxMargin              // the most of it that can be saved up

	// learnt is the share of sleeps that the margin is to cover. The margin goes up by
	// step x learnt for a sleep that it did not cover and down by step x (1-learnt) for
	// one that it did: it rests at that quantile of the oversleep.
	learnt = 0.75
	step   = 4 * time.Microsecond
)

// pacer waits for moments, since an origin. A sleep ends late by what the kernel and the
// scheduler need to wake a thread, so the pacer sleeps until a margin before the moment
// and waits out the rest with its eyes on the clock. It learns the margin from the sleeps
// it has seen, within the processor time that it may spend on watching.
type pacer struct {
	now    func() time.Duration                   // the clock
	sleep  func(until time.Duration) (timed bool) // see carrier.sleeper
	margin time.Duration                          // in the range [0, maxMargin]
	credit time.Duration                          // what may still be spent on watching; below 0: overspent
	last   time.Duration                          // when credit was granted last
}

// until waits for a moment and returns the time, which is that moment at the earliest;
// false when ctx ended before.
func (p *pacer) until(ctx context.Context, moment time.Duration) (time.Duration, bool) {
	for ctx.Err() == nil {
		now := p.now()
		switch left := moment - now; {
		case left <= 0:
			p.earn(now)
			return now, true
		case left > p.affordable()+shortest:
			aim := moment - p.affordable()
			timed := p.sleep(aim)
			if woke := p.now(); timed && woke >= aim {
				p.learn(woke - aim)
			}
		default:
			now = p.watch(now, moment)
			p.earn(now)
			return now, true
		}
	}
	return p.now(), false
}

// affordable is the margin as far as the watching is paid for. A sleep that an answer ends within the margin teaches
// nothing of oversleep: at thousands of requests per second most end so, and the margin alone would not bound the cost.
func (p *pacer) affordable() time.Duration { return max(0, min(p.margin, p.credit)) }

// watch waits for a moment with the eyes on the clock.
func (p *pacer) watch(from, moment time.Duration) time.Duration {
	now := from
	for now < moment {
		now = p.now()
	}
	p.credit -= now - from
	return now
}

// earn grants credit for the time since the last grant.
func (p *pacer) earn(now time.Duration) {
	p.credit = min(p.credit+time.Duration(watchShare*float64(now-p.last)), watchCredit)
	p.last = now
}

// learn moves the margin towards the quantile learnt of the oversleep, and down when
// there is no credit to watch with.
func (p *pacer) learn(oversleep time.Duration) {
	if oversleep > p.margin && p.credit > 0 {
		p.margin += time.Duration(learnt * float64(step))
	} else {
		p.margin -= time.Duration((1 - learnt) * float64(step))
	}
	p.margin = min(max(p.margin, 0), maxMargin)
}

// timerSleep sleeps on a timer of the Go runtime, which is right within a millisecond.
func timerSleep(ctx context.Context, now func() time.Duration, until time.Duration) {
	t := time.NewTimer(until - now())
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
