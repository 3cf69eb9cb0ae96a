package results

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

const (
	blockSize = 8192 // requests that are written together
	blocks    = 8    // of them, for a disk that stalls: 4 MiB
	entrySize = 32   // bytes of a request in the file
)

// errFull is why requests are not kept for want of room.
var errFull = fmt.Errorf("there were more than %d", MaxRequests)

// errSlow is why requests are not kept that come while nothing is free.
var errSlow = errors.New("the disk was too slow")

// sample is what is kept of a request.
type sample struct {
	scheduled, latency time.Duration
	in, out, status    int
	endpoint, err      string
}

// chunk is a part of the file, with requests in the order of the schedule.
type chunk struct{ offset, length int64 }

// Recording takes the requests of one run. It never waits for the disk: what comes faster than that takes it is lost,
// and counted.
type Recording struct {
	kept *Kept
	run  Run

	mu    sync.Mutex
	block []sample // that is being filled; without room for any when there is none
	lost  uint64
	free  chan []sample
	full  chan []sample
	ended sync.WaitGroup

	chunks     []chunk
	err        error          // why requests are missing
	places     map[string]int // of operations
	origin     time.Time
	start, end time.Duration
	unsent     uint64
}

// Observe takes what became of a request. It may be called by several goroutines at once.
func (r *Recording) Observe(s measure.Sample) {
	if s.Unsent {
		return
	}
	text := ""
	if s.Err != nil {
		text = s.Err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if cap(r.block) == 0 {
		select {
		case r.block = <-r.free:
		default:
			r.lost++
			return
		}
	}
	r.block = append(r.block, sample{s.Scheduled, s.Done - s.Scheduled, s.In, s.Out, s.Status, s.Endpoint, text})
	if len(r.block) == cap(r.block) {
		r.full <- r.block // has room for all blocks there are
		r.block = nil
	}
}

// End ends the recording once the load has ended. The requests that were scheduled within the window count, of which
// so many were never sent.
func (r *Recording) End(origin time.Time, window *measure.Window) {
	r.mu.Lock()
	if len(r.block) > 0 {
		r.full <- r.block
		r.block = nil
	}
	close(r.full)
	r.mu.Unlock()
	r.ended.Wait()
	if window != nil {
		r.origin, r.start, r.end, r.unsent = origin.Round(0), window.Start, window.End, window.Unsent
	}
	if r.lost > 0 && r.err == nil {
		r.err = errSlow
	}
}

// store writes blocks until there are no more.
func (r *Recording) store() {
	r.places = map[string]int{}
	for i, o := range r.run.Operations {
		r.places[o.Name] = i
	}
	text := make([]byte, 0, blockSize*entrySize)
	for block := range r.full {
		err := r.append(block, text)
		r.mu.Lock()
		if err != nil {
			r.lost += uint64(len(block))
			r.err = cmp.Or(r.err, err)
		}
		r.mu.Unlock()
		r.free <- block[:0]
	}
}

// append writes one block.
func (r *Recording) append(block []sample, text []byte) error {
	k := r.kept
	if k.count+uint64(len(block)) > k.most {
		return errFull
	}
	slices.SortFunc(block, func(a, b sample) int { return cmp.Compare(a.scheduled, b.scheduled) })
	for _, s := range block {
		text = binary.LittleEndian.AppendUint64(text, uint64(s.scheduled))
		text = binary.LittleEndian.AppendUint64(text, uint64(s.latency))
		text = binary.LittleEndian.AppendUint32(text, uint32(s.in))
		text = binary.LittleEndian.AppendUint32(text, uint32(s.out))
		text = binary.LittleEndian.AppendUint32(text, k.errorOf(s.err))
		text = binary.LittleEndian.AppendUint16(text, uint16(s.status))
		text = binary.LittleEndian.AppendUint16(text, r.place(s.endpoint))
	}
	if _, err := k.file.WriteAt(text, k.size); err != nil {
		return err
	}
	r.chunks = append(r.chunks, chunk{k.size, int64(len(text))})
	k.size, k.count = k.size+int64(len(text)), k.count+uint64(len(block))
	return nil
}

// place is the place of an operation; unknown for one that was not announced.
func (r *Recording) place(name string) uint16 {
	at, ok := r.places[name]
	if !ok || at >= unknown {
		return unknown
	}
	return uint16(at)
}

const unknown = math.MaxUint16
