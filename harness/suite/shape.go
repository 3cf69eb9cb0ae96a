package suite

import (
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// ShapeKind names how the offered rate changes over the measurement window.
type ShapeKind string

// The kinds of shape there are. Without one the rate stays as it is.
const (
	Ramp  ShapeKind = "ramp"  // it rises, or falls, evenly to the phase's rate
	Steps ShapeKind = "steps" // it goes through other rates, each for as long, to the phase's rate
	Spike ShapeKind = "spike" // it is another one for a part of the window
	// Alternating stands in no suite file: two builds are loaded in turn, see [Override.Turns].
	Alternating ShapeKind = "turns"
)

// Shape is how the offered rate changes over the measurement window; the zero value keeps it. The warm-up is
// offered the rate at which the window starts.
type Shape struct {
	Kind   ShapeKind `json:"kind"`
	From   Rate      `json:"from,omitempty"`   // of a ramp, at its start
	Rates  []Rate    `json:"rates,omitempty"`  // of steps, before the last one, which is the phase's rate
	To     Rate      `json:"to,omitempty"`     // of a spike, as long as it lasts
	At     Share     `json:"at,omitempty"`     // where a spike starts, as a share of the window
	Length Share     `json:"length,omitempty"` // of a spike, as a share of the window
	Turns  Turns     `json:"turns,omitzero"`   // of turns
}

// Piece is a part of a window over which the offered rate changes evenly.
type Piece struct {
	Length   time.Duration
	From, To Rate
}

// Pieces are the parts of a window at a phase's rate, in order.
func (s Shape) Pieces(rate Rate, window time.Duration) []Piece {
	switch s.Kind {
	case Ramp:
		return []Piece{{window, s.From, rate}}
	case Steps:
		var all []Piece
		n := time.Duration(len(s.Rates) + 1)
		for i, r := range append(s.Rates[:len(s.Rates):len(s.Rates)], rate) {
			start, end := window*time.Duration(i)/n, window*time.Duration(i+1)/n
			all = append(all, Piece{end - start, r, r})
		}
		return all
	case Spike:
		start := time.Duration(float64(window) * float64(s.At))
		length := min(time.Duration(float64(window)*float64(s.Length)), window-start)
		return []Piece{{start, rate, rate}, {length, s.To, s.To}, {window - start - length, rate, rate}}
	case Alternating:
		return s.Turns.pieces(rate, window)
	default:
		return []Piece{{window, rate, rate}}
	}
}

// Mean is the mean rate of a window at a phase's rate.
func (s Shape) Mean(rate Rate) Rate {
	const window = time.Hour // any one will do
	var sum float64
	for _, p := range s.Pieces(rate, window) {
		sum += float64(p.From+p.To) / 2 * p.Length.Seconds()
	}
	return Rate(sum / window.Seconds())
}

// String says it in a few words, e.g. "ramp from 10 req/s"; "" without a shape.
func (s Shape) String() string {
	switch s.Kind {
	case Ramp:
		return fmt.Sprintf("ramp from %v", s.From)
	case Steps:
		return fmt.Sprintf("the last of %d steps from %v", len(s.Rates)+1, s.Rates[0])
	case Spike:
		return fmt.Sprintf("spike of %v", s.To)
	case Alternating:
		return fmt.Sprintf("in turns of %v with another build", s.Turns.Length)
	default:
		return ""
	}
}

// scaled is the shape with all its rates multiplied.
func (s Shape) scaled(factor float64) Shape {
	s.From *= Rate(factor)
	s.To *= Rate(factor)
	rates := make([]Rate, len(s.Rates))
	for i, r := range s.Rates {
		rates[i] = r * Rate(factor)
	}
	if s.Rates != nil {
		s.Rates = rates
	}
	return s
}

var shapeFormat = form.Object[Shape]{
	Name: "a shape", About: "How the offered rate changes over the measurement window; it stays as it is without one.",
	Fields: []form.Field[Shape]{
		form.Must("kind", "How it changes.",
			form.Choice("a kind of shape", Ramp, Steps, Spike), func(s *Shape) *ShapeKind { return &s.Kind }),
		form.May("from", "Rate at which a ramp to the phase's rate starts.",
			rate(), func(s *Shape) *Rate { return &s.From }),
		form.May("rates", "Rates of equal parts of the window, before the phase's own.",
			form.ListOf[Rate]("a list of rates", 1, rate()), func(s *Shape) *[]Rate { return &s.Rates }),
		form.May("to", "Rate of a spike.", rate(), func(s *Shape) *Rate { return &s.To }),
		form.May("at", "Where a spike starts, as a share of the window.",
			part(), func(s *Shape) *Share { return &s.At }),
		form.May("length", "How long a spike lasts, as a share of the window.",
			part(), func(s *Shape) *Share { return &s.Length }),
	},
}

// checkShape holds a shape's keys against its kind, and a spike against the window.
func (r reader) checkShape(s *Suite, i int) {
	at, ok := r.At("phases[%d].shape.kind", i)
	if !ok {
		return
	}
	shape := s.Phases[i].Shape
	belongs := map[ShapeKind][]string{Ramp: {"from"}, Steps: {"rates"}, Spike: {"to", "at", "length"}}
	for _, kind := range []ShapeKind{Ramp, Steps, Spike} {
		for _, key := range belongs[kind] {
			switch given := r.Given("phases[%d].shape.%s", i, key); {
			case kind == shape.Kind && !given:
				r.Report(at, fmt.Sprintf("a %s lacks %s", kind, key),
					fmt.Sprintf("kind: %s with %v", kind, belongs[kind]))
			case kind != shape.Kind && given:
				r.Report(at, fmt.Sprintf("a %s has no %s", shape.Kind, key),
					fmt.Sprintf("kind: %s with %v", shape.Kind, belongs[shape.Kind]))
			}
		}
	}
	if at, ok := r.At("phases[%d].shape.length", i); ok && shape.Kind == Spike && shape.At+shape.Length > 1 {
		r.Report(at, "length: the spike lasts beyond the window", "at and length of at most 100 % together")
	}
	if at, ok := r.At("phases[%d].disturb", i); ok {
		r.Report(at, "disturb: what a disturbance does is told at a rate that stays", "disturb without shape")
	}
}
