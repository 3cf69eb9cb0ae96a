package compared

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Setting is something beside the figures that differs between the runs.
type Setting struct {
	Of    string // what it is a setting of: "host", "suite", "options", "build", or a phase or claim
	Phase int    // the phase that it is about; 0: all
	Name  string // e.g. "cores"
	// Base and Head are what the runs have.
	Base, Head string
	// Matters tells that figures cannot be compared, since this changes them.
	Matters bool
}

// String is the setting in one line, e.g. "cores of the host: 8, then 2".
func (s Setting) String() string {
	return fmt.Sprintf("%s of the %s: %s, then %s", s.Name, s.Of, s.Base, s.Head)
}

// setting is how a setting of a whole run is read.
type setting struct {
	of, name string
	matters  bool
	read     func(*archive.Run) any
}

// settings are compared in this order. What a run is made to find out, such as its revision, does not matter.
var settings = []setting{
	{"host", "processor", true, func(r *archive.Run) any { return r.Host.CPUModel }},
	{"host", "cores", true, func(r *archive.Run) any { return r.Host.Cores }},
	{"host", "processors of the machine", true, func(r *archive.Run) any { return r.Host.OnlineCores }},
	{"host", "system", true, func(r *archive.Run) any { return strings.Trim(r.Host.OS+"/"+r.Host.Arch, "/") }},
	{"host", "frequency governor", true, func(r *archive.Run) any { return r.Host.Governor }},
	{"host", "hypervisor", true, func(r *archive.Run) any { return cmp.Or(r.Host.Hypervisor, "none") }},
	{"host", "container", true, func(r *archive.Run) any { return cmp.Or(r.Host.Container, "none") }},
	{"host", "kernel", false, func(r *archive.Run) any { return r.Host.Kernel }},
	{"host", "memory", false, func(r *archive.Run) any { return figures.Memory(suite.Size(r.Host.Memory)) }},
	{"suite", "name", true, func(r *archive.Run) any { return r.Suite.Name }},
	{"suite", "time-out", true, ofSuite(func(s *suite.Suite) any { return s.Plan.Timeout })},
	{"suite", "connections", true, ofSuite(func(s *suite.Suite) any { return s.Plan.Connections })},
	{"suite", "arrivals", true, ofSuite(func(s *suite.Suite) any { return s.Plan.Arrivals })},
	{"suite", "data set", true, ofSuite(func(s *suite.Suite) any {
		return fmt.Sprintf("%d accounts, %d transactions", s.Dataset.Accounts, s.Dataset.Transactions)
	})},
	{"suite", "text (SHA-256)", false, func(r *archive.Run) any { return figures.Shorten(r.Suite.SHA256, 13) }},
	{"options", "rates", true, func(r *archive.Run) any {
		return figures.Number(cmp.Or(r.Options.RateScale, 1)) + " × documented"
	}},
	{"options", "measurement window", true, func(r *archive.Run) any { return r.Options.Duration }},
	{"options", "window of the phases with chaos", true, func(r *archive.Run) any { return r.Options.Chaos }},
	{"options", "warm-up", true, func(r *archive.Run) any { return r.Options.WarmupBounds() }},
	{"options", "turns", true, func(r *archive.Run) any { return turns(r.Options.Turns) }},
	{"options", "profiled", true, func(r *archive.Run) any { return yes(r.Options.Profiled) }},
	{"options", "processor time burnt per request", false, func(r *archive.Run) any { return r.Options.Slowdown }},
	{"options", "runs of each phase", false, func(r *archive.Run) any { return r.Options.Runs }},
	{"options", "seed", false, func(r *archive.Run) any { return r.Options.Seed }},
	{"build", "revision", false, func(r *archive.Run) any {
		return cmp.Or(figures.Shorten(r.Build.Revision, 13), archive.UnknownRevision)
	}},
	{"build", "changes in the work tree", false, func(r *archive.Run) any { return yes(r.Build.Modified) }},
	{"build", "version", false, func(r *archive.Run) any { return r.Build.Nameplate }},
	{"build", "Go", false, func(r *archive.Run) any { return r.Build.Go }},
}

func ofSuite(read func(*suite.Suite) any) func(*archive.Run) any {
	return func(r *archive.Run) any {
		if r.Parsed == nil {
			return figures.Unknown
		}
		return read(r.Parsed)
	}
}

func turns(t *suite.Turns) string {
	if t == nil {
		return "none"
	}
	return fmt.Sprintf("%+v", *t)
}

func yes(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

// written is a setting as it is shown.
func written(v any) string {
	return cmp.Or(figures.Shorten(figures.Clean(fmt.Sprint(v)), 120), figures.Unknown)
}

// differing lists what differs between the runs, first what matters.
func differing(base, head *figures.Report) []Setting {
	var all []Setting
	add := func(s Setting, one, two any) {
		if s.Base, s.Head = written(one), written(two); s.Base != s.Head {
			all = append(all, s)
		}
	}
	for _, s := range settings {
		add(Setting{Of: s.of, Name: s.name, Matters: s.matters}, s.read(base.Run), s.read(head.Run))
	}
	for _, p := range base.Phases {
		if other, ok := phaseOf(head, p.Number); ok {
			ofPhase(base.Run.Parsed, head.Run.Parsed, p, other, add)
		}
	}
	for _, one := range base.Run.Results {
		for _, two := range head.Run.Results {
			if one.Claim == two.Claim && figure(one) == figure(two) {
				add(Setting{Of: "claim " + figures.Clean(one.Claim), Phase: one.Phase, Name: "documented figure"},
					figures.Documented(one), figures.Documented(two))
			}
		}
	}
	matters := func(s Setting) bool { return s.Matters }
	rest := slices.DeleteFunc(slices.Clone(all), matters)
	return append(slices.DeleteFunc(all, func(s Setting) bool { return !s.Matters }), rest...)
}

func phaseOf(r *figures.Report, number int) (figures.Phase, bool) {
	at := slices.IndexFunc(r.Phases, func(p figures.Phase) bool { return p.Number == number })
	if at < 0 {
		return figures.Phase{}, false
	}
	return r.Phases[at], true
}

// ofPhase adds what differs in a phase that both runs know.
func ofPhase(base, head *suite.Suite, one, two figures.Phase, add func(s Setting, one, two any)) {
	s := func(name string) Setting {
		return Setting{Of: one.Title(), Phase: one.Number, Name: name, Matters: true}
	}
	add(s("offered rate"), figures.Number(float64(one.Offered))+" req/s", figures.Number(float64(two.Offered))+" req/s")
	add(s("shape of the rate"), one.Shape.String(), two.Shape.String())
	add(s("workers"), one.Workers, two.Workers)
	add(s("memory limit of a worker"), figures.Memory(one.MemoryLimit), figures.Memory(two.MemoryLimit))
	add(s("disturbance"), one.Disturb, two.Disturb)
	add(s("kind of system"), one.System, two.System)
	if len(one.Trials) > 0 && len(two.Trials) > 0 { // else no store was chosen
		add(s("stores"), one.On(), two.On())
	}
	if base == nil || head == nil {
		return
	}
	from, _ := base.Phase(one.Number)
	to, _ := head.Phase(one.Number)
	add(s("workload"), from.Workload, to.Workload)
	was, _ := base.Workload(from.Workload)
	is, _ := head.Workload(to.Workload)
	if from.Workload == to.Workload && !reflect.DeepEqual(was, is) {
		add(s("workload"), from.Workload+" as it was", to.Workload+" with other requests")
	}
	add(s("measurement window"), from.Duration, to.Duration)
}

// figure tells which figure a claim is about.
func figure(r judge.Result) string {
	return fmt.Sprintf("%s %s over %d in %s", r.Metric, r.Op, r.Over, r.Unit)
}

// obstacle says why the figures of a row cannot be compared; "" when they can.
func (c *Comparison) obstacle(r Row) string {
	switch {
	case r.Claim != "" && r.Head == nil:
		return "only the base has this claim"
	case r.Claim != "" && r.Base == nil:
		return "only the head has this claim"
	case r.Claim != "" && figure(*r.Base) != figure(*r.Head):
		return "the claim is about another figure"
	case r.Claim != "" && r.Base.Phase != r.Head.Phase:
		return "the claim is about another phase"
	}
	phases := []int{0, r.Phase}
	if r.Claim != "" && r.Base.Over != 0 {
		phases = append(phases, r.Base.Over)
	}
	var names []string
	for _, s := range c.Settings {
		if s.Matters && slices.Contains(phases, s.Phase) {
			names = append(names, s.String())
		}
	}
	return strings.Join(names, "; ")
}
