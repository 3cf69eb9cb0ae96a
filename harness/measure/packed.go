package measure

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// packed are the buckets of a histogram as pairs of numbers of variable length: by how many the bucket's number is
// above that of the one before it, and how many values it holds. A day has 86,400 histograms of a second each.
type packed struct {
	text  []byte
	count uint64
}

// errNoBucket says that a histogram holds something where ours have no bucket.
var errNoBucket = errors.New("a bucket is out of range")

// pack makes a histogram small that is not added to any more.
func pack(h *hdrhistogram.PackedHistogram) (*packed, error) {
	p := &packed{}
	last, known := 0, len(edges())
	text := make([]byte, 0, 1024)
	for lowest, count := range h.ForEachBucket {
		i := bucketOf(lowest)
		if i < last || i >= known || count <= 0 {
			return nil, errNoBucket
		}
		text, last = appendBucket(text, i-last, uint64(count)), i
		p.count += uint64(count)
	}
	p.text = bytes.Clone(text)
	return p, nil
}

// appendBucket appends a bucket whose number is that much above the one before it.
func appendBucket(text []byte, above int, count uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(text, uint64(above)), count)
}

// Copy is a histogram of the same values. It is small until something is added to it.
func (h *Histogram) Copy() *Histogram {
	p := h.packed // which nothing changes
	if p == nil {
		p = &packed{count: h.Count()}
		last := 0
		for i, count := range h.held {
			p.text, last = appendBucket(p.text, i-last, count), i
		}
	}
	return &Histogram{packed: p, outOfRange: h.outOfRange}
}

// unpack makes a histogram one that can be added to.
func (h *Histogram) unpack() {
	if h.packed == nil {
		return
	}
	h.sparse = hdrhistogram.NewPacked(Lowest.Microseconds(), Highest.Microseconds(), SignificantDigits)
	for us, count := range h.packed.buckets {
		_ = h.add(us, count) // it was in a histogram of the same range
	}
	h.packed = nil
}

// buckets yields the value in µs of each bucket that holds something, in rising order, and how many values it holds.
func (p *packed) buckets(yield func(us int64, count uint64) bool) {
	edges := edges()
	for i, count := range p.held {
		if !yield(min(edges[i], Highest.Microseconds()), count) {
			return
		}
	}
}

// held yields the number of each bucket that holds something, in rising order, and how many values it holds.
func (p *packed) held(yield func(i int, count uint64) bool) {
	last := uint64(0)
	for text := p.text; len(text) > 0; {
		above, n := binary.Uvarint(text)
		count, m := binary.Uvarint(text[n:])
		text = text[n+m:]
		last += above
		if !yield(int(last), count) {
			return
		}
	}
}

// at is the value in µs with a rank, from 1 to the number of values.
func (p *packed) at(rank uint64) int64 {
	value, seen := int64(0), uint64(0)
	for us, count := range p.buckets {
		value = us
		if seen += count; seen >= rank {
			break
		}
	}
	return value
}
