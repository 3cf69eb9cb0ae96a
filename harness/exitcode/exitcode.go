// Package exitcode holds the exit statuses of the command, each once, with what it means: help, reports and
// docs/commands.md take them from here.
package exitcode

import (
	"fmt"
	"strings"
)

// The exit statuses.
const (
	Verified    = 0   // every claim that was judged was verified
	Refuted     = 1   // a claim was refuted, or a figure got worse
	Usage       = 2   // the command line or a file that it names is wrong
	NoVerdict   = 3   // nothing was refuted, and not everything decided
	Environment = 4   // the environment could not be brought up or kept up
	Interrupted = 130 // stopped before the plan was done
)

// Status is an exit status with its meaning.
type Status struct {
	Code    int
	Meaning string // of a run, without a full stop
}

// All are the exit statuses, in rising order.
var All = []Status{
	{Verified, "every claim that this host can test was verified"},
	{Refuted, "a claim was refuted"},
	{Usage, "the command line or the suite is wrong; nothing ran"},
	{NoVerdict, "no verdict: something is inconclusive, invalid or untestable"},
	{Environment, "the environment could not be brought up or kept up"},
	{Interrupted, "interrupted before the plan was done"},
}

// Meaning says what an exit status means.
func Meaning(code int) string {
	for _, s := range All {
		if s.Code == code {
			return s.Meaning
		}
	}
	return "not a status of a judged run"
}

// Help is the list of the exit statuses, one on a line, indented.
func Help() string {
	var b strings.Builder
	for _, s := range All {
		fmt.Fprintf(&b, "  %-4d %s\n", s.Code, s.Meaning)
	}
	return strings.TrimRight(b.String(), "\n")
}
