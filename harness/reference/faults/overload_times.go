package faults

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// overloaded keeps when each request was to be sent, and how long it took.
type overloaded struct {
	mu  sync.Mutex
	all []timed

	good, refused, late, failed int
	wrong                       []string // of those that failed, the first few
}

// wrongKept is how many wrong answers are told of one by one.
const wrongKept = 3

// timed is one request. One that was not answered well took for ever.
type timed struct{ at, took time.Duration }

const never = time.Duration(math.MaxInt64)

// add takes a sample; several goroutines may at once.
func (o *overloaded) add(s measure.Sample) {
	t := timed{s.Scheduled, s.Done - s.Scheduled}
	if s.Unsent || s.Err != nil {
		t.took = never
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, t)
	switch {
	case t.took != never:
		o.good++
	case s.Status == http.StatusServiceUnavailable:
		o.refused++
	case s.Status == 0:
		o.late++
	default:
		o.failed++
		if len(o.wrong) < wrongKept {
			o.wrong = append(o.wrong, fmt.Sprintf("%s at %.3f s after %.1f ms, worker %s: %v",
				s.Endpoint, s.Scheduled.Seconds(), milliseconds(s.Done-s.Scheduled), s.Worker, s.Err))
		}
	}
}

// outcomes says what became of the requests.
func (o *overloaded) outcomes() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := fmt.Sprintf("%d were answered well, %d refused (503), %d not answered in time, %d answered wrongly",
		o.good, o.refused, o.late, o.failed)
	for _, wrong := range o.wrong {
		text += "; " + wrong
	}
	return text
}

// perSecond lists the p99 of each second in [from, to).
func (o *overloaded) perSecond(from, to time.Duration) string {
	var list []string
	for at := from; at < to; at += time.Second {
		text := "none"
		if v, ok := o.p99(at, min(at+time.Second, to)); ok {
			text = fmt.Sprintf("%.1f ms", milliseconds(v))
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// p99 is the 99th percentile, by nearest rank, of the requests that were to be sent within
// [from, to); false when there are none, or it is one that was not answered well.
func (o *overloaded) p99(from, to time.Duration) (time.Duration, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var took []time.Duration
	for _, t := range o.all {
		if from <= t.at && t.at < to {
			took = append(took, t.took)
		}
	}
	if len(took) == 0 {
		return never, false
	}
	slices.Sort(took)
	v := took[int(math.Ceil(0.99*float64(len(took))))-1]
	return v, v != never
}

// highest is the highest p99 of any stretch within [from, to), or of all where that is shorter;
// false when a request in a hundred of one was not answered well.
func (o *overloaded) highest(from, to time.Duration) (time.Duration, bool) {
	most := time.Duration(0)
	for at := from; at == from || at+stretch <= to; at += stride {
		v, ok := o.p99(at, min(at+stretch, to))
		if !ok {
			return never, false
		}
		most = max(most, v)
	}
	return most, true
}

// normalAgain is how long after from a stretch of requests begins whose p99 is at most the
// bound; the whole time to the end when there is none.
func (o *overloaded) normalAgain(from, to, bound time.Duration) time.Duration {
	for at := from; at+stretch <= to; at += stride {
		if v, ok := o.p99(at, at+stretch); ok && v <= bound {
			return at - from
		}
	}
	return to - from
}
