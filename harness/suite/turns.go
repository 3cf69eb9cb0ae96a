package suite

import (
	"fmt"
	"time"
)

// Turns is the part that one of two builds has in a window in which they are loaded in turn: first, second, second,
// first, and again. What changes evenly on the machine falls on both alike.
type Turns struct {
	Length time.Duration `json:"length_ns"`        // of a turn, at least [MinTurn]
	Second bool          `json:"second,omitempty"` // the build that begins second
}

// MinTurn is the shortest turn: answers under way at its edges are to be few.
const MinTurn = 100 * time.Millisecond

// turnsInCycle is how many turns there are until the order begins again.
const turnsInCycle = 4

// Cycle is the time until the order of the turns begins again. Each build is loaded for half of it.
func (t Turns) Cycle() time.Duration { return turnsInCycle * t.Length }

// pieces are the parts of a window: at the rate in the build's own turns, without load in the other's.
func (t Turns) pieces(rate Rate, window time.Duration) []Piece {
	var all []Piece
	for n := 0; window > 0; n++ {
		length := min(t.Length, window)
		window -= length
		at := Rate(0)
		if middle := n%turnsInCycle == 1 || n%turnsInCycle == 2; middle == t.Second {
			at = rate
		}
		all = append(all, Piece{length, at, at})
	}
	return all
}

// takeTurns loads every phase in turns.
func (s *Suite) takeTurns(t *Turns) error {
	if t == nil {
		return nil
	}
	if err := flagDuration("--turn-length", t.Length, MinTurn, MaxDuration/turnsInCycle); err != nil {
		return err
	}
	if s.Plan.Duration%t.Cycle() != 0 {
		return &FlagError{
			"--duration", fmt.Sprintf("%v holds no whole number of cycles of turns", s.Plan.Duration),
			fmt.Sprintf("multiples of %v", t.Cycle()),
		}
	}
	for i := range s.Phases {
		p := &s.Phases[i]
		if p.Shape.Kind != "" || p.Disturb != "" {
			return &FlagError{
				"--turn-length", fmt.Sprintf("phase %d has a load that changes, or is disturbed", p.Number),
				"phases at a rate that stays",
			}
		}
		p.Shape = Shape{Kind: Alternating, Turns: *t}
	}
	return nil
}
