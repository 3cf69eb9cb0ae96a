package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Never is the arrival time of requests that a schedule does not have.
const Never = time.Duration(math.MaxInt64)

// Schedule says when requests arrive.
type Schedule interface {
	// At is the time of arrival i, counted from 0, since the origin. It never falls as
	// i rises, and is [Never] beyond the last arrival.
	At(i uint64) time.Duration
}

// Constant is a schedule of evenly spaced arrivals, rate a second, the first at 0. A window of
// n/rate holds exactly n of them. [Drive]
// refuses a rate that is not finite and above 0.
func Constant(rate float64) Schedule { return constant(rate) }

type constant float64

func (c constant) At(i uint64) time.Duration {
	at := math.Round(float64(i) * float64(time.Second) / float64(c))
	if !(at >= 0 && at < float64(Never)) {
		return Never
	}
	return time.Duration(at)
}

func (c constant) valid() error { return validRate(float64(c)) }

func validRate(rate float64) error {
	if !(rate > 0) || math.IsInf(rate, 0) {
		return fmt.Errorf("the schedule's rate is %v req/s, allowed are finite rates above 0", rate)
	}
	return nil
}

// Poisson is a schedule of arrivals as from many independent users: a Poisson process of
// the given rate, conditioned on its counts. Each of the windows, which follow one another
// from the origin, holds exactly round(rate x its length) arrivals, which are the order
// statistics of as many uniform values. [Drive] refuses a rate that is not finite and
// above 0, and a window of negative length.
//
// The same seed makes the same schedule. Its memory is 32 kB and 8 bytes for every 4,096
// arrivals asked for.
func Poisson(rate float64, seed uint64, windows ...time.Duration) Schedule {
	p := &poisson{err: validRate(rate)}
	var start time.Duration
	for n, length := range windows {
		if length < 0 {
			p.err = fmt.Errorf("window %d of the schedule is %v long, allowed are lengths from 0", n+1, length)
		}
		if p.err != nil {
			return p
		}
		count := uint64(math.Round(rate * length.Seconds()))
		p.parts = append(p.parts, &uniform{start: start, length: length, count: count, seed: seed, stream: uint64(n)})
		start += length
	}
	return p
}

// poisson is a sequence of windows.
type poisson struct {
	err   error // why there are no arrivals
	mu    sync.Mutex
	parts []*uniform
}

func (p *poisson) valid() error { return p.err }

func (p *poisson) At(i uint64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, part := range p.parts {
		if i < part.count {
			return part.at(i)
		}
		i -= part.count
	}
	return Never
}

// chunkLen is how many arrivals are worked out at a time.
const chunkLen = 4096

// uniform is the order statistics of count uniform values in one window. They come in
// rising order from one another (Bentley and Saxe, Generating Sorted Lists of Random
// Numbers, ACM TOMS 6(3), 1980): of n values left in [x,1), the least leaves the share
// U^(1/n) of what was left.
type uniform struct {
	start, length time.Duration
	count         uint64
	seed, stream  uint64

	left  []float64 // what is left of the window before each chunk, as a share of it
	first uint64    // of the chunk that is worked out
	chunk []time.Duration
}

func (u *uniform) at(i uint64) time.Duration {
	if u.left == nil {
		u.left = []float64{1}
	}
	if u.chunk == nil || i/chunkLen != u.first/chunkLen {
		for known := uint64(len(u.left)); known <= i/chunkLen; known++ {
			u.work(known - 1)
		}
		u.work(i / chunkLen)
	}
	return u.chunk[i-u.first]
}

// work works out one chunk, from what is left before it. Each chunk has its own random
// stream, so that any of them can be had again.
func (u *uniform) work(chunk uint64) {
	rng := rand.New(rand.NewPCG(u.seed, u.stream<<40|chunk))
	u.first, u.chunk = chunk*chunkLen, u.chunk[:0]
	left := u.left[chunk]
	for i := u.first; i < min(u.first+chunkLen, u.count); i++ {
		left *= math.Pow(1-rng.Float64(), 1/float64(u.count-i))
		at := time.Duration((1 - left) * float64(u.length))
		u.chunk = append(u.chunk, u.start+min(at, u.length-1))
	}
	if uint64(len(u.left)) == chunk+1 {
		u.left = append(u.left, left)
	}
}
