package run

import (
	"fmt"
	"strings"
	"time"
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

// LiveLine says in one line what is being done.
func (e Event) LiveLine() string {
	at := fmt.Sprintf("%s %s", e.Phase.Title(), e.Phase.Name)
	switch {
	case e.Search:
		return fmt.Sprintf("%s, capacity, run %d: %s at %.0f req/s", at, e.Run, e.Stage, float64(e.Phase.Rate))
	case e.Run > 0:
		at += fmt.Sprintf(", run %d of %d", e.Run, e.Runs)
	}
	return fmt.Sprintf("%s: %s … %s left", at, e.Stage, e.Left.Round(time.Second))
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
