package run

import (
	"context"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// A StoreReader is a set of stores that tells what it has done so far. A [StoreSet] may be one.
type StoreReader interface {
	Read(ctx context.Context) (StoreReading, error)
}

// A StoreReading is what the stores had done at one moment.
type StoreReading interface {
	// Since is what they did since an earlier reading of the same stores.
	Since(earlier StoreReading) measure.StoreWork
}

// storeWatch reads the stores' counters at the start of the measurement window, once a second,
// and at its end.
type storeWatch struct {
	reader     StoreReader
	origin     time.Time
	start, end time.Duration
	cancel     context.CancelFunc
	done       chan struct{}
	record     *measure.StoreRecord
}

// watchStores starts to watch; nil when the stores do not tell.
func watchStores(ctx context.Context, set StoreSet, origin time.Time, start, end time.Duration) *storeWatch {
	reader, ok := set.(StoreReader)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &storeWatch{reader: reader, origin: origin, start: start, end: end, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.watch(ctx)
	}()
	return w
}

// lastReading is how long the reading at the window's end may take.
const lastReading = 2 * time.Second

// stop waits for the reading at the window's end and returns what was seen; nil when that
// is nothing. A run that was broken off has ended the watch by its context.
func (w *storeWatch) stop() *measure.StoreRecord {
	if w == nil {
		return nil
	}
	select {
	case <-w.done:
	case <-time.After(lastReading):
	}
	w.cancel()
	<-w.done
	return w.record
}

// moment is one reading with its time since the origin.
type moment struct {
	at      time.Duration
	reading StoreReading
}

func (w *storeWatch) watch(ctx context.Context) {
	var first, last moment
	for at := w.start; ; at = min(at+time.Second, w.end) {
		select {
		case <-time.After(time.Until(w.origin.Add(at))):
		case <-ctx.Done():
			return
		}
		now := moment{at: time.Since(w.origin)}
		var err error
		if now.reading, err = w.reader.Read(ctx); err != nil {
			if at == w.end {
				return
			}
			continue // a store that fell over is told of elsewhere; the next second may be whole again
		}
		if first.reading == nil {
			first, last = now, now
			w.record = &measure.StoreRecord{}
			continue
		}
		w.record.Seconds = append(w.record.Seconds, between(last, now, false))
		w.record.Window = between(first, now, true)
		last = now
		if at == w.end {
			return
		}
	}
}

// between is what the stores did between two moments; the slowest statements of the whole only.
func between(a, b moment, whole bool) measure.StoreWork {
	work := b.reading.Since(a.reading)
	work.Start, work.End = a.at, b.at
	if !whole {
		work.Slowest, work.Unknown = nil, nil
	}
	return work
}
