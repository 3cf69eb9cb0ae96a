package run

import (
	"fmt"
	"strings"
)

// RunLine says in one line what came of a run that is done; the event is one of [StageRunDone].
func (e Event) RunLine() string {
	w := e.Trial.Window
	text := fmt.Sprintf("%s %s, run %d of %d: offered %v, achieved %.1f req/s",
		e.Phase.Title(), e.Phase.Name, e.Run, e.Runs, e.Phase.Rate, w.Goodput())
	if p99, ok := w.Response.Quantile(0.99); ok {
		text += fmt.Sprintf(", p99 %.2f ms", float64(p99.Microseconds())/1000)
	}
	if failed := w.Failed + w.Unsent; failed > 0 {
		text += fmt.Sprintf(", %d of %d failed", failed, w.Offered)
	}
	if len(e.Invalid) > 0 {
		text += "; does not count: " + strings.Join(e.Invalid, "; ")
	}
	return text
}

// TriedLine says in one line what came of a run of a search for the capacity; the event is one of [StageTried].
func (e Event) TriedLine() string {
	text := fmt.Sprintf("%s %s, capacity: %s at %.0f req/s",
		e.Phase.Title(), e.Phase.Name, e.Message, float64(e.Phase.Rate))
	if len(e.Invalid) > 0 {
		text += " (" + strings.Join(e.Invalid, "; ") + ")"
	}
	return text
}
