package measure

import "time"

// Live is what became of requests in about a second of a run that is going on. It is for looking at: no verdict rests
// on it. What was answered is told by when it was recorded, not by when it was scheduled.
type Live struct {
	At        time.Duration `json:"at_ns"`     // its end, since the schedule's origin
	Length    time.Duration `json:"length_ns"` // above 0
	Offered   uint64        `json:"offered"`   // requests whose scheduled moment came
	Completed uint64        `json:"completed"` // good answers
	Failed    uint64        `json:"failed"`    // requests that failed, were answered wrongly or were not sent
	// P50 and P99 are of the response times, ScheduleLag is the 99th percentile of the schedule lag, each to about 1 %;
	// nil when nothing was recorded that they could be of.
	P50         *time.Duration `json:"p50_ns,omitempty"`
	P99         *time.Duration `json:"p99_ns,omitempty"`
	ScheduleLag *time.Duration `json:"schedule_lag_p99_ns,omitempty"`
	// Workers is how many worker processes the system has at its end; nil when they are not known.
	Workers *int `json:"workers,omitempty"`
}

// OfferedRate is the rate at which requests were to be sent, in req/s.
func (l Live) OfferedRate() float64 { return perSecond(l.Offered, l.Length) }

// AnsweredRate is the rate of good answers, in req/s.
func (l Live) AnsweredRate() float64 { return perSecond(l.Completed, l.Length) }

func perSecond(count uint64, length time.Duration) float64 {
	if length <= 0 {
		return 0
	}
	return float64(count) / length.Seconds()
}

// liveTally counts what was recorded since [Recorder.Live] was called last.
type liveTally struct {
	completed, failed uint64
	response, lag     *Histogram
}

func newLiveTally() *liveTally {
	return &liveTally{response: newCoarseHistogram(), lag: newCoarseHistogram()}
}

func (l *liveTally) add(count uint64, s *Sample) {
	l.lag.RecordAll(count, s.Released-s.Scheduled)
	switch {
	case s.Unsent:
		l.failed += count
		return
	case s.Err == nil:
		l.completed += count
	default:
		l.failed += count
	}
	l.response.RecordAll(count, s.Done-s.Scheduled)
}

func (l *liveTally) reset() {
	l.completed, l.failed = 0, 0
	l.response.Reset()
	l.lag.Reset()
}

// Observe makes the recorder count for [Recorder.Live] from now on.
func (r *Recorder) Observe() {
	current, spare := newLiveTally(), newLiveTally()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live, r.spare = current, spare
}

// Live is what was recorded since it was called last, or since [Recorder.Observe], which must have been called. What
// the recorder does not know is left to the caller: the time, and what was offered. One goroutine at a time may call
// it. It holds up recording for no longer than it takes to swap two pointers.
func (r *Recorder) Live() Live {
	r.mu.Lock()
	taken := r.live
	r.live, r.spare = r.spare, nil
	r.mu.Unlock()
	l := Live{
		Completed: taken.completed, Failed: taken.failed, P50: known(taken.response.Quantile(0.5)),
		P99: known(taken.response.Quantile(0.99)), ScheduleLag: known(taken.lag.Quantile(0.99)),
	}
	taken.reset()
	r.mu.Lock()
	r.spare = taken
	r.mu.Unlock()
	return l
}

func known(d time.Duration, ok bool) *time.Duration {
	if !ok {
		return nil
	}
	return &d
}
