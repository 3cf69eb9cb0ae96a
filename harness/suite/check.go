package suite

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// check reports what is wrong between values that are each good by themselves. A value
// that was reported already is not compared with others.
func (r reader) check(s *Suite) {
	r.checkDataset(s)
	r.checkSystem(s)
	unique(r, "workload name", "workloads", "name", s.Workloads, func(w Workload) string { return w.Name })
	unique(r, "phase number", "phases", "phase", s.Phases, func(p Phase) int { return p.Number })
	unique(r, "phase name", "phases", "name", s.Phases, func(p Phase) string { return p.Name })
	unique(r, "claim id", "claims", "id", s.Claims, func(c Claim) string { return c.ID })
	for i := range s.Workloads {
		r.checkWorkload(s, i)
	}
	for i := range s.Phases {
		r.checkPhase(s, i)
	}
	contradictions := map[claimed]int{}
	for i := range s.Claims {
		r.checkClaim(s, i)
		r.checkContradiction(s, i, contradictions)
	}
}

// unique reports values of a key that an earlier entry of the same list has too.
func unique[T any, K comparable](r reader, what, list, key string, entries []T, value func(T) K) {
	first := map[K]int{}
	for i, entry := range entries {
		at, ok := r.At("%s[%d].%s", list, i, key)
		if !ok {
			continue
		}
		v := value(entry)
		if line, twice := first[v]; twice {
			r.Report(at, fmt.Sprintf("%s %v is taken, first in line %d", what, v, line), "each "+what+" once")
			continue
		}
		first[v] = at.Line
	}
}

func (r reader) checkDataset(s *Suite) {
	_, accounts := r.At("dataset.accounts")
	at, transactions := r.At("dataset.transactions")
	if accounts && transactions && s.Dataset.Transactions < s.Dataset.Accounts {
		r.Report(
			at,
			fmt.Sprintf("transactions: %d are fewer than the %d accounts", s.Dataset.Transactions, s.Dataset.Accounts),
			"at least one for each account",
		)
	}
}

// checkWorkload holds a workload's keys against its kind.
func (r reader) checkWorkload(s *Suite, i int) {
	at, ok := r.At("workloads[%d].kind", i)
	if !ok {
		return
	}
	belongs := map[Kind][]string{Platform: {"mix"}, Calibrated: {"cpu", "serving", "wait"}, HTTP: {"requests", "rows"}}
	w := s.Workloads[i]
	if needed := belongs[w.Kind][0]; !r.Given("workloads[%d].%s", i, needed) {
		r.Report(at, fmt.Sprintf("a %s workload lacks %s", w.Kind, needed),
			fmt.Sprintf("kind: %s with %s", w.Kind, strings.Join(belongs[w.Kind], ", ")))
	}
	burns := w.Kind == Calibrated && r.Given("workloads[%d].cpu", i)
	if at, ok := r.At("workloads[%d].serving", i); ok && burns && w.Serving >= w.CPU {
		serving, cpu := FormatDuration(w.Serving), FormatDuration(w.CPU)
		r.Report(at, fmt.Sprintf("serving: %s leave nothing of the %s to burn", serving, cpu), "less than cpu")
	}
	for _, kind := range []Kind{Platform, Calibrated, HTTP} {
		for _, key := range belongs[kind] {
			if kind != w.Kind && r.Given("workloads[%d].%s", i, key) {
				r.Report(at, fmt.Sprintf("a %s workload has no %s", w.Kind, key),
					fmt.Sprintf("kind: %s with %s", w.Kind, strings.Join(belongs[w.Kind], ", ")))
			}
		}
	}
}

func (r reader) checkPhase(s *Suite, i int) {
	p := s.Phases[i]
	_, cluster := r.At("phases[%d].cluster", i)
	if at, ok := r.At("phases[%d].workers", i); ok && cluster && !p.Cluster && p.Workers != 1 {
		r.Report(at, fmt.Sprintf("workers: %d workers without a cluster", p.Workers),
			"1 with cluster: false, or cluster: true")
	}
	stores := map[Store]bool{}
	for j, store := range p.Stores {
		at, ok := r.At("phases[%d].stores[%d]", i, j)
		if ok && stores[store] {
			r.Report(at, fmt.Sprintf("store %s is listed twice", store), "each store once")
		}
		stores[store] = true
	}
	names, known := r.workloadNames(s)
	if at, ok := r.At("phases[%d].workload", i); ok && known {
		if _, found := s.Workload(p.Workload); !found {
			r.Report(at, fmt.Sprintf("unknown workload %q", p.Workload)+form.DidYouMean(p.Workload, names),
				"the workloads "+strings.Join(names, ", "))
		}
	}
	r.checkShape(s, i)
	_, duration := r.At("plan.duration")
	if at, ok := r.At("phases[%d].rate", i); ok && duration {
		if err := enough(p.Shape.Mean(p.Rate), s.Plan.Duration); err != nil {
			r.Report(at, "rate: "+err.Message, err.Allowed)
		}
	}
	r.checkClaimed(s, i)
}

// checkClaimed reports a phase without a claim: it would be measured for no verdict.
func (r reader) checkClaimed(s *Suite, i int) {
	at, ok := r.At("phases[%d].phase", i)
	for j, c := range s.Claims {
		_, good := r.At("claims[%d].phase", j)
		_, found := s.Phase(c.Phase)
		ok = ok && good && found // else that claim may be meant for this phase
	}
	if ok && len(s.Claims) > 0 && len(s.ClaimsOf(s.Phases[i].Number)) == 0 {
		r.Report(at, fmt.Sprintf("phase %d has no claim", s.Phases[i].Number), "at least one claim on each phase")
	}
}

// enough refuses a rate at which a window has no request: nothing could be judged.
func enough(offered Rate, window time.Duration) *ValueError {
	if float64(offered)*window.Seconds() >= 1 {
		return nil
	}
	return form.BadValue(fmt.Sprintf("at %v a window of %s has no request", offered, FormatDuration(window)),
		"at least one request in a window")
}

// workloadNames are the names of all workloads; false if some are not known.
func (r reader) workloadNames(s *Suite) ([]string, bool) {
	var names []string
	for i, w := range s.Workloads {
		if _, ok := r.At("workloads[%d].name", i); !ok {
			return nil, false
		}
		names = append(names, w.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), len(names) > 0
}

// phaseNumbers are the numbers of all phases; false if some are not known.
func (r reader) phaseNumbers(s *Suite) ([]int, bool) {
	var numbers []int
	for i, p := range s.Phases {
		if _, ok := r.At("phases[%d].phase", i); !ok {
			return nil, false
		}
		numbers = append(numbers, p.Number)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), len(numbers) > 0
}

func (r reader) checkClaim(s *Suite, i int) {
	c := s.Claims[i]
	numbers, known := r.phaseNumbers(s)
	if at, ok := r.At("claims[%d].phase", i); ok && known {
		if _, found := s.Phase(c.Phase); !found {
			r.Report(at, fmt.Sprintf("unknown phase %d", c.Phase),
				"the phases "+strings.Trim(fmt.Sprint(numbers), "[]"))
		}
	}
	if _, ok := r.At("claims[%d].metric", i); !ok {
		return
	}
	m := c.Of()
	if at, ok := r.At("claims[%d].op", i); ok && c.Op != m.Op {
		r.Report(at, fmt.Sprintf("op: %q does not suit the metric %s", c.Op, m.Name), fmt.Sprintf("%q", m.Op))
	}
	r.checkDisturbed(s, i, m)
	r.checkScaled(s, i)
	r.checkOver(s, i)
	r.checkRange(s, i)
	if at, ok := r.At("claims[%d].value", i); ok {
		if err := s.checkValue(c, m, r.goodIn(s, c, i)); err != nil {
			r.Report(at, "value: "+err.Message, err.Allowed)
		}
	}
}

// checkDisturbed refuses a metric that only a disturbance yields on a phase that has none of those.
func (r reader) checkDisturbed(s *Suite, i int, m Metric) {
	c := s.Claims[i]
	at, ok := r.At("claims[%d].metric", i)
	j := slices.IndexFunc(s.Phases, func(p Phase) bool { return p.Number == c.Phase })
	if _, number := r.At("claims[%d].phase", i); !ok || !number || len(m.From) == 0 || j < 0 {
		return
	}
	if _, good := r.At("phases[%d].disturb", j); !good && r.Given("phases[%d].disturb", j) {
		return
	}
	if !slices.Contains(m.From, s.Phases[j].Disturb) {
		var names []string
		for _, d := range m.From {
			names = append(names, string(d))
		}
		r.Report(at, fmt.Sprintf("phase %d yields no metric %s", c.Phase, m.Name),
			"on phases with disturb: "+strings.Join(names, ", "))
	}
}

// checkScaled holds at_cpu against the metric: one metric needs it, the others have no use for it.
func (r reader) checkScaled(s *Suite, i int) {
	at, ok := r.At("claims[%d].metric", i)
	scaled, given := s.Claims[i].Metric == ScaledRate, r.Given("claims[%d].at_cpu", i)
	switch {
	case ok && scaled && !given:
		r.Report(at, "a claim on "+ScaledRate+" lacks at_cpu", "the documented processor share, e.g. at_cpu: 60 %")
	case ok && !scaled && given:
		r.Report(at, fmt.Sprintf("at_cpu has no meaning for the metric %s", s.Claims[i].Metric),
			"at_cpu with metric: "+ScaledRate)
	}
}

// checkOver refuses a ratio to a phase that is not measured before.
func (r reader) checkOver(s *Suite, i int) {
	c := s.Claims[i]
	at, ok := r.At("claims[%d].over", i)
	numbers, known := r.phaseNumbers(s)
	if _, phase := r.At("claims[%d].phase", i); !ok || !phase || !known {
		return
	}
	index := func(number int) int {
		return slices.IndexFunc(s.Phases, func(p Phase) bool { return p.Number == number })
	}
	switch over := index(c.Over); {
	case over < 0:
		r.Report(at, fmt.Sprintf("unknown phase %d", c.Over), "the phases "+strings.Trim(fmt.Sprint(numbers), "[]"))
	case over >= index(c.Phase) && index(c.Phase) >= 0:
		r.Report(at, fmt.Sprintf("phase %d is not measured before phase %d", c.Over, c.Phase),
			"a phase that stands before the claim's own")
	}
}

// checkRange refuses a range that is none.
func (r reader) checkRange(s *Suite, i int) {
	c := s.Claims[i]
	at, ok := r.At("claims[%d].to", i)
	if _, value := r.At("claims[%d].value", i); !ok || !value {
		return
	}
	switch {
	case c.Op != AtLeast:
		r.Report(at, fmt.Sprintf("to: a claim with op %q has no upper end", c.Op),
			fmt.Sprintf("to with op: %q", AtLeast))
	case c.To.Unit != c.Value.Unit || c.To.Value <= c.Value.Value:
		r.Report(at, fmt.Sprintf("to: %v is not above %v", c.To, c.Value), "a larger value in the same unit")
	}
}

// context says which values a claim's value can be compared with.
type context struct{ timeout, rate, tolerance bool }

func (r reader) goodIn(s *Suite, c Claim, i int) context {
	var known context
	_, known.timeout = r.At("plan.timeout")
	bad := r.Given("claims[%d].tolerance", i)
	_, good := r.At("claims[%d].tolerance", i)
	known.tolerance = good || !bad
	for j, p := range s.Phases {
		_, number := r.At("claims[%d].phase", i)
		if _, ok := r.At("phases[%d].rate", j); ok && number && p.Number == c.Phase {
			known.rate = true
		}
	}
	return known
}

// checkValue refuses a value that does not suit the metric, or that decides the claim
// before anything is measured.
func (s *Suite) checkValue(c Claim, m Metric, known context) *ValueError {
	unit := reported(m.Unit)
	if c.Over != 0 {
		unit, m.Unit = reported(Ratio), Ratio
	}
	switch {
	case c.Value.Unit != m.Unit:
		return form.BadValue(
			fmt.Sprintf("%v does not suit the metric %s, which is %s", c.Value, m.Name, unit.dimension.name),
			unit.dimension.allowed,
		)
	case math.IsNaN(c.Value.Value) || c.Value.Value < unit.least || c.Value.Value > unit.most:
		return form.BadValue(fmt.Sprintf("%v is out of range for the metric %s", c.Value, m.Name),
			fmt.Sprintf("from %v to %v", Quantity{unit.least, m.Unit}, Quantity{unit.most, m.Unit}))
	case !known.tolerance:
		return nil
	}
	timeout := float64(s.Plan.Timeout) / float64(time.Millisecond)
	if m.Unit == Milliseconds && !m.Unlimited && known.timeout && c.Bound() >= timeout {
		return form.BadValue(fmt.Sprintf("a bound of %v is met by requests that were given up after %s",
			Quantity{c.Bound(), m.Unit}, FormatDuration(s.Plan.Timeout)),
			"less than the plan's timeout")
	}
	phase, found := s.Phase(c.Phase)
	if m.Name == Goodput && c.Over == 0 && known.rate && found && c.Bound() > float64(phase.Rate) {
		return form.BadValue(
			fmt.Sprintf("%v cannot be answered when phase %d is offered %v", c.Value, c.Phase, phase.Rate),
			"at most the phase's rate",
		)
	}
	return nil
}

// claimed is what a phase can be claimed once.
type claimed struct {
	phase  int
	metric string
	op     Op
	over   int
}

// checkContradiction reports a second claim on the same metric of the same phase.
func (r reader) checkContradiction(s *Suite, i int, first map[claimed]int) {
	_, phase := r.At("claims[%d].phase", i)
	at, metric := r.At("claims[%d].metric", i)
	_, op := r.At("claims[%d].op", i)
	if !phase || !metric || !op {
		return
	}
	c := s.Claims[i]
	key := claimed{c.Phase, c.Metric, c.Op, c.Over}
	if line, twice := first[key]; twice {
		r.Report(at,
			fmt.Sprintf("second claim %s %s on phase %d, the first is in line %d", c.Metric, c.Op, c.Phase, line),
			"one claim for each phase, metric and operator")
		return
	}
	first[key] = at.Line
}
