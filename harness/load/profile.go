package load

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"time"
)

// Piece is a part of a schedule over which the rate changes evenly.
type Piece struct {
	Length   time.Duration // at least 0
	From, To float64       // rate at its start and end, req/s, at least 0
}

// Shaped is a schedule of a rate that changes: arrival i comes when the integral of the rate has come to
// i, so that every interval holds the integral over it to within one arrival. There are none after the
// last piece. [Drive] refuses pieces that are no time or rate.
func Shaped(pieces ...Piece) Schedule { return newProfile(pieces) }

// ShapedPoisson is as [Shaped], with arrivals as from many independent users: a Poisson process of
// the changing rate, conditioned on its counts. Each of the windows, which are lists of pieces and follow one
// another from the origin, holds exactly the rounded integral of its rate; the arrivals are uniform order
// statistics, mapped through the inverse of the integral (Çinlar, Introduction to Stochastic
// Processes, 1975, section 4.7).
func ShapedPoisson(seed uint64, windows ...[]Piece) Schedule {
	s := &shapedPoisson{}
	var start time.Duration
	for n, pieces := range windows {
		p := newProfile(pieces)
		if p.err != nil {
			s.err = p.err
			return s
		}
		length := p.length()
		s.parts = append(s.parts, shapedPart{
			profile: p, start: start, length: length,
			uniform: uniform{length: length, count: uint64(math.Round(p.total)), seed: seed, stream: uint64(n)},
		})
		start += length
	}
	return s
}

// profile is the integral of a rate that changes evenly within each piece.
type profile struct {
	err    error
	pieces []Piece
	start  []time.Duration // of each piece
	before []float64       // integral up to each piece
	total  float64
}

func newProfile(pieces []Piece) *profile {
	p := &profile{pieces: pieces}
	var at time.Duration
	for i, piece := range pieces {
		if piece.Length < 0 || !validEnd(piece.From) || !validEnd(piece.To) {
			p.err = fmt.Errorf(
				"piece %d of the schedule is %v long, from %v to %v req/s; allowed are lengths and finite rates from 0",
				i+1, piece.Length, piece.From, piece.To,
			)
			return p
		}
		p.start, p.before = append(p.start, at), append(p.before, p.total)
		at += piece.Length
		p.total += (piece.From + piece.To) / 2 * piece.Length.Seconds()
	}
	if !(p.total > 0) {
		p.err = errors.New("the schedule has no arrival: its rate is 0 throughout")
	}
	return p
}

func validEnd(rate float64) bool { return rate >= 0 && !math.IsInf(rate, 1) }

func (p *profile) valid() error { return p.err }

func (p *profile) length() (sum time.Duration) {
	for _, piece := range p.pieces {
		sum += piece.Length
	}
	return sum
}

// At is where the integral has come to i.
func (p *profile) At(i uint64) time.Duration {
	if p.err != nil || float64(i) >= p.total {
		return Never
	}
	return p.inverse(float64(i))
}

// inverse is when the integral has come to x, in the range [0,total). Within a piece it is the root of
// a/2 s² + From s = c, in the form that loses no digits.
func (p *profile) inverse(x float64) time.Duration {
	n := sort.Search(len(p.before), func(n int) bool { return p.before[n] > x }) - 1
	piece := p.pieces[n]
	c := x - p.before[n]
	if c <= 0 || piece.Length == 0 {
		return p.start[n]
	}
	slope := (piece.To - piece.From) / piece.Length.Seconds()
	root := math.Sqrt(math.Max(0, piece.From*piece.From+2*slope*c))
	s := 2 * c / (piece.From + root)
	return p.start[n] + min(piece.Length, time.Duration(math.Round(s*float64(time.Second))))
}

// shapedPoisson is a sequence of windows.
type shapedPoisson struct {
	poisson // the lock, and why there are no arrivals
	parts   []shapedPart
}

type shapedPart struct {
	*profile
	start, length time.Duration
	uniform       uniform
}

func (s *shapedPoisson) At(i uint64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.parts {
		part := &s.parts[n]
		if i >= part.uniform.count {
			i -= part.uniform.count
			continue
		}
		share := float64(part.uniform.at(i)) / float64(part.length)
		at := part.inverse(math.Min(share*part.total, math.Nextafter(part.total, 0)))
		return part.start + min(at, part.length-1)
	}
	return Never
}
