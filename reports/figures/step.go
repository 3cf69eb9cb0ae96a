package figures

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Step is what to do next.
type Step struct {
	Text    string // without a full stop; "" for none
	Command string // that does it, to copy; "" when there is none
}

// byWhy are the steps about claims without a verdict, by the leading reason, where no reason of a run says more.
var byWhy = map[judge.WhyCode]string{
	judge.WhyNothing:    "run it to its end",
	judge.WhyUnsampled:  "no run measured it: look at what each run says",
	judge.WhyExcluded:   "look at why its runs are excluded",
	judge.WhyIndicative: "make at least 5 runs",
	judge.WhyTally:      "make more runs, or longer ones (--runs 10 --duration 10s)",
	judge.WhyNeeds:      "run it on a host that has what the claim needs",
	judge.WhyLimited:    "run it on a host as large as documented",
}

// byLack are the steps about claims that this host cannot test, by what it lacked.
var byLack = map[judge.Code]string{
	judge.ProcessorsGaveOut: "run it on a host with the documented cores, or offer less (--rate 0.5x)",
	judge.GeneratorStarved:  "run it on a host with the documented cores: the generator needs one of its own",
	judge.FewerProcessors:   "run it on a host with the documented cores",
	judge.MemoryGaveOut:     "run it on a host that can give each worker the documented memory",
}

// remedy is what to do about a refuted claim.
type remedy struct {
	text string
	verb string // of the command that does it; "" when there is none
	more string // of the command's flags
}

var (
	findRate = remedy{"see what limits the phase, and search for the rate that it sustains", "capacity", ""}
	profiled = remedy{"see where the processor time goes", "verify", "--profile profiles"}
	failing  = remedy{"look at the errors of the phase", "", ""}
	growing  = remedy{"look at the memory over time: a line that keeps rising is a leak", "", ""}
)

// byFigure are what to do about refuted claims, by what the metric is a figure of.
var byFigure = map[suite.Figure]remedy{
	suite.OfGoodput: findRate,
	suite.OfScaled:  profiled,
	suite.OfResponse: {
		"look for the slowest operation and for what limits the phase, then profile it", profiled.verb, profiled.more,
	},
	suite.OfErrors:     failing,
	suite.OfLost:       failing,
	suite.OfGap:        {"look for the gap in the throughput over time, and at the log of the run", "", ""},
	suite.OfMemory:     growing,
	suite.OfAllMemory:  growing,
	suite.OfOwnMemory:  growing,
	suite.OfProcessors: profiled,
	suite.OfWork:       profiled,
	suite.OfStoreWork:  {"look at what the stores did, and at their slowest statements", "", ""},
	suite.OfGeneratorWork: {
		"the generator is dearer than documented: look at what else runs on the host, and at the sizes of the answers",
		"", "",
	},
	suite.OfWarmup: {"look at the throughput over time: ticks mark where each run became steady", "", ""},
}

// stepOf is what to do about a claim; none about one that is verified.
func (r *Report) stepOf(result judge.Result) Step {
	switch result.Verdict {
	case judge.Verified:
		return Step{}
	case judge.Refuted:
		m, _ := suite.MetricByName(result.Metric)
		do := byFigure[m.Figure]
		return Step{cmp.Or(do.text, "look at what each run says"), r.remedied(do, result.Phase)}
	}
	text := cmp.Or(byLack[mostOften(result, judge.Limited)], byWhy[leading(result)], "look at what each run says")
	code := mostOften(result, judge.Excluded, judge.Disturbed)
	if result.Verdict == judge.Invalid && steps[code] != "" {
		text = strings.ReplaceAll(steps[code], "%s", "0.5x")
	}
	return Step{text, ""}
}

// remedied is the command of a remedy for a phase; "" where it has none, or the suite's system cannot be treated so.
func (r *Report) remedied(do remedy, phase int) string {
	if do.verb == "" {
		return ""
	}
	if r.Run.Parsed != nil {
		system := r.Run.Parsed.System.Traits()
		if !system.Started || do.more != "" && !system.Reference {
			return ""
		}
	}
	words := []string{"nameplate", do.verb, r.suiteFile(), "--phase", strconv.Itoa(phase), do.more}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// mostOften is the code that most runs of the given kinds name, of those for which there is a step; "" when none does.
func mostOften(result judge.Result, kinds ...judge.Kind) judge.Code {
	counts := map[judge.Code]int{}
	most := judge.Code("")
	for _, o := range result.Runs {
		for _, kind := range kinds {
			for _, reason := range o.Reasons {
				if o.Kind != kind || steps[reason.Code] == "" && byLack[reason.Code] == "" {
					continue
				}
				if counts[reason.Code]++; most == "" || counts[reason.Code] > counts[most] {
					most = reason.Code
				}
			}
		}
	}
	return most
}
