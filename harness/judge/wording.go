package judge

import (
	"cmp"
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// words are the sentences of the codes.
var words = map[Code]func(Reason) string{
	Interrupted:     fixed("interrupted: its window was cut short"),
	NoSamples:       fixed("no samples: no request of the measurement window was sent"),
	BrokenMeanwhile: func(r Reason) string { return r.Name },
	LoadNotOffered: func(r Reason) string {
		return fmt.Sprintf("the load was not offered: %.0f of %.0f requests were released (%s, at least %s needed)",
			r.Seen, r.To, percent(r.Seen/r.To), percent(r.Allowed))
	},
	ScheduleLag: func(r Reason) string {
		of := r.Name
		if of == "" {
			of = figure(milliseconds(DefaultBound), suite.Milliseconds) + ", no response time being claimed"
		}
		return fmt.Sprintf("schedule lag of the generator: p99 %s, at most %s (%s of %s) allowed", ms(r.Seen),
			ms(r.Allowed), percent(r.From), of)
	},
	LagUnknown: fixed("the schedule lag was not recorded"),
	OutOfRange: func(r Reason) string {
		return fmt.Sprintf("%.0f values lay outside what the recorder holds (%v to %v)", r.Seen, measure.Lowest,
			measure.Highest)
	},
	SpeedUnknown: fixed("the host's speed was not measured before and after the run"),
	HostSlowed:   speed,
	HostSpedUp:   speed,
	ProcessorStolen: func(r Reason) string {
		return fmt.Sprintf("the hypervisor took %s of the host's processor time (at most %s allowed)", percent(r.Seen),
			percent(r.Allowed))
	},
	ProcessorsShared: func(r Reason) string {
		return fmt.Sprintf("others than the run took %.2f of %.4g cores in %s (at most %.2f allowed)", r.Seen, r.To,
			cmp.Or(r.Name, "the measurement window"), r.Allowed)
	},
	ClockJump: func(r Reason) string {
		return fmt.Sprintf("the clock jumped: the wall clock went on by %s and the monotonic clock by %s (at most %s "+
			"apart allowed)",
			figure(r.From, "s"), figure(r.To, "s"), figure(r.Allowed, "s"))
	},
	FrequencyFell: func(r Reason) string {
		return fmt.Sprintf("the processor's frequency fell from %.0f to %.0f MHz (%s, at most %s allowed)", r.From,
			r.To, percent(r.Seen), percent(r.Allowed))
	},
	FrequencyRose: func(r Reason) string {
		return fmt.Sprintf("the processor's frequency rose from %.0f to %.0f MHz (%s, at most %s allowed)", r.From,
			r.To, percent(r.Seen), percent(r.Allowed))
	},
	SpeedDrifted:      drift,
	SpeedFellSteadily: func(r Reason) string { return drift(r) + ", ever slower" },

	ProcessorsGaveOut: func(r Reason) string {
		return fmt.Sprintf("this host's processors gave out: %s of %s busy, %.0f documented", percent(r.Seen),
			plural(int(r.From), "core"), r.To)
	},
	GeneratorStarved: func(r Reason) string {
		return fmt.Sprintf("the generator did not get a processor in time: schedule lag p99 %s on %s, %.0f documented",
			ms(r.Seen), plural(int(r.From), "core"), r.To)
	},
	FewerProcessors: func(r Reason) string {
		return fmt.Sprintf("fewer processors explain it: %s times the bound, and waiting for one of %.0f cores "+
			"instead of %.0f makes %s times",
			Number(r.Seen), r.From, r.To, Number(r.Allowed))
	},
	MemoryGaveOut: func(r Reason) string {
		return fmt.Sprintf(
			"a worker reached %.0f of its %.0f MiB, all that this host could give it; %.0f MiB are documented", r.Seen,
			r.From, r.To,
		)
	},

	NoMetric:         func(r Reason) string { return "no sample of " + r.Name },
	NothingToCompare: func(r Reason) string { return fmt.Sprintf("phase %.0f has no run to compare with", r.Seen) },
	NothingSucceeded: fixed("not one request succeeded: how fast they failed proves no response time"),

	WindowTooShort: func(r Reason) string {
		return fmt.Sprintf("the window is too short to tell whether its state was steady: %s, at least %.0f needed",
			plural(int(r.Seen), "whole second"), r.Allowed)
	},
	TooFewRequests: func(r Reason) string {
		return fmt.Sprintf(
			"the window has too few requests to tell whether its state was steady: fewer than %.0f answers in a second",
			r.Allowed,
		)
	},
	BacklogGrew: func(r Reason) string {
		return fmt.Sprintf(
			"no steady state: the backlog grew by %.0f requests over %.0f seconds (%s of what was offered)", r.From,
			r.To, percent(r.Seen),
		)
	},
	ThroughputChanged: func(r Reason) string {
		return fmt.Sprintf("no steady state: the throughput changed at second %.0f from %s to %s of what was offered",
			r.Seen, percent(r.From), percent(r.To))
	},
	P99Changed: func(r Reason) string {
		return fmt.Sprintf("no steady state: p99 changed at second %.0f from %s to %s", r.Seen, ms(r.From), ms(r.To))
	},
}

// String is the reason as a sentence without a full stop; "" for none.
func (r Reason) String() string {
	if r.None() {
		return ""
	}
	if say, ok := words[r.Code]; ok {
		return say(r)
	}
	return string(r.Code) // of an archive that a later version wrote
}

// Texts are reasons as sentences; none for none.
func Texts(reasons []Reason) []string {
	var all []string
	for _, r := range reasons {
		all = append(all, r.String())
	}
	return all
}

func fixed(text string) func(Reason) string { return func(Reason) string { return text } }

func ms(v float64) string { return figure(v, suite.Milliseconds) }

func speed(r Reason) string {
	return fmt.Sprintf("the host changed its speed: a fixed piece of work took %s before and %s after (%s apart, at "+
		"most %s allowed)",
		ms(r.From), ms(r.To), percent(r.Seen), percent(r.Allowed))
}

func drift(r Reason) string {
	return fmt.Sprintf("the host's speed changed: a fixed piece of work took from %s to %s (%s apart, at "+
		"most %s allowed)",
		ms(r.From), ms(r.To), percent(r.Seen), percent(r.Allowed))
}

func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
