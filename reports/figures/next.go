package figures

import (
	"fmt"
	"math"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/capacity"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

const (
	slowGenerator = "the generator did not get its turn: give it more cores, or offer less (--rate %s)"
	notWarm       = "the system was not warm yet, or something came between: warm up for longer (--warmup 10s)"
)

// steps are what to do about runs that were excluded, by the reason. %s stands for a lower rate.
var steps = map[judge.Code]string{
	judge.ScheduleLag:    slowGenerator,
	judge.LoadNotOffered: slowGenerator,
	judge.HostSlowed: "something else slowed the host down: run again while it is quiet, or on one " +
		"with more cores",
	judge.HostSpedUp:      "the host changed its speed: run again while it is quiet, with a fixed frequency",
	judge.FrequencyFell:   "the processors were slowed down: run again with a fixed frequency",
	judge.FrequencyRose:   "the processors changed their frequency: run again with a fixed one",
	judge.ProcessorStolen: "the hypervisor gave the processors to others: run on a host of your own",
	judge.BrokenMeanwhile: "something broke: its log is in the archive; another provider (--stores local) tells " +
		"whether it was a store",
	judge.ClockJump:         "the clock was set, or the machine slept: run again",
	judge.BacklogGrew:       "the load outran the system: offer less (--rate %s), or warm up for longer (--warmup 10s)",
	judge.ThroughputChanged: notWarm,
	judge.P99Changed:        notWarm,
}

// Next says what to do next where no run counts, by the most frequent reason; "" where some count or nothing is known.
func (p Phase) Next() string {
	if p.Excluded == nil {
		return ""
	}
	counts := map[judge.Code]int{}
	most := judge.Code("")
	for _, r := range p.Runs {
		for _, reason := range r.Reasons {
			counts[reason.Code]++
			if _, ok := steps[reason.Code]; ok && (most == "" || counts[reason.Code] > counts[most]) {
				most = reason.Code
			}
		}
	}
	return strings.ReplaceAll(steps[most], "%s", p.lowerRate())
}

// lowerRate is a rate to try, as the flag takes it: a good half of what was achieved, at most half of what was offered.
func (p Phase) lowerRate() string {
	share := 0.5
	if achieved, ok := p.Excluded.Figure(suite.OfGoodput); ok && p.Mean() > 0 {
		share = min(share, 0.8*achieved/p.Mean())
	}
	return fmt.Sprintf("%.1fx", max(0.1, math.Floor(share*10)/10))
}

// BottleneckLine names the bottleneck of the runs that are shown; "" when they are none that count as excluded.
func (p Phase) BottleneckLine(cores int) string {
	if p.Excluded == nil {
		return ""
	}
	var loads []capacity.Load
	for _, r := range p.Runs {
		if r.Window != nil {
			loads = append(loads, capacity.LoadOf(r.Window, r.Usage, p.Workers, cores))
		}
	}
	achieved, _ := p.Excluded.Figure(suite.OfGoodput)
	return capacity.Bottleneck(capacity.Limits(loads, achieved))
}
