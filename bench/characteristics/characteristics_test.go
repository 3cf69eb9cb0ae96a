package characteristics

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/queueing"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
)

// full is how often each experiment is repeated for the table.
const full = 1000

// quick is how often a test run repeats each, to see that the table is still true.
func quick() int { return effort.Of(30, 30, 60) }

// margins are the room that the truth leaves below the bound (above it, for a rate): at
// 0.05 the claim is true with 5 % to spare, at -0.05 it is false by 5 %.
var margins = []float64{-0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2}

var (
	even   = system{"M/M/4", 4, exponential}
	uneven = system{"M/G/4", 4, skewed}
)

// What a claim is compared with.
const (
	longRun   = "long run"   // the p99 of all requests that the system will ever answer
	medianRun = "median run" // the p99 that half of all runs of the same length exceed
)

// cell is one row of the table.
type cell struct {
	experiment string // everything but the margin, as the table's first columns
	margin     float64
	verdicts   map[judge.Verdict]int
	// bias says that the runs are known to be too short for the truth, so that the row
	// may show more than the 2 % of wrong verdicts that all others are held to.
	bias bool
	most float64 // share of wrong verdicts that is allowed; 0: 2 %
}

func row(s system, claim, truth string, length float64, runs int, bias bool) []cell {
	cells := make([]cell, len(margins))
	for i, m := range margins {
		cells[i] = cell{fmt.Sprintf("| %s | %s | %s | %d x %g s |", s.name, claim, truth, runs, length), m,
			map[judge.Verdict]int{}, bias, 0}
	}
	return cells
}

// mistaken reports whether a verdict is wrong: a false claim verified or a true one refuted. On
// the edge itself the claim is true by nothing; compared with the median run neither
// verdict may be more frequent there than α.
func (c cell) mistaken(v judge.Verdict) bool {
	switch {
	case v == judge.Verified:
		return c.margin < 0 || c.margin == 0 && strings.Contains(c.experiment, medianRun)
	case v == judge.Refuted:
		return c.margin >= 0
	}
	return false
}

// wrong is the larger share of the two ways to be mistaken, of n verdicts.
func (c cell) wrong(n int) float64 {
	most := 0
	for v, count := range c.verdicts {
		if c.mistaken(v) {
			most = max(most, count)
		}
	}
	return float64(most) / float64(n)
}

// validity is that of the built-in suite.
var validity = suite.Builtin().Plan.Validity

// lazy makes what is asked for by number, each once and in order: most repetitions need few of the runs that the rules
// may ask for.
func lazy[T any](next func() T) func(int) T {
	var made []T
	return func(i int) T {
		for len(made) <= i {
			made = append(made, next())
		}
		return made[i]
	}
}

// judged is the verdict of the real rules on the planned number of runs, with further ones where the rules ask for
// them, and without those that could change nothing.
func judged(claim suite.Claim, runs func(int) judge.Evidence, planned int) judge.Verdict {
	return judgedOn(4, 4, claim, runs, planned)
}

// judgedOn is the same on a host with so many cores, for a document that names so many.
func judgedOn(cores, documented int, claim suite.Claim, runs func(int) judge.Evidence, planned int) judge.Verdict {
	in := judge.Input{
		Phase: suite.Phase{Number: 1, Workers: documented, Rate: rate}, Claims: []suite.Claim{claim}, Planned: planned,
		Validity: validity, Host: judge.Host{Cores: cores, Online: cores, Memory: suite.GiB},
	}
	for total := planned; len(in.Runs) < total; total = judge.Runs(in) {
		next := runs(len(in.Runs))
		next.Run = len(in.Runs) + 1
		in.Runs = append(in.Runs, next)
		soFar := in
		soFar.Planned = judge.Runs(in)
		if judge.Fixed(soFar) {
			break
		}
	}
	return judge.Phase(in)[0].Verdict
}

func p99Claim(bound float64) suite.Claim {
	return suite.Claim{
		ID: "p99", Metric: "p99", Op: suite.AtMost, Value: suite.Quantity{Value: bound, Unit: suite.Milliseconds},
	}
}

// percentiles judges "p99 <= bound" of a system at 70 % utilization, with n repetitions. The runs are the same for
// every margin and every truth: only the bound moves.
func percentiles(t *testing.T, s system, length float64, most, n int, bias bool) []cell {
	service := 0.7 * float64(s.servers) / rate
	truths := map[string]float64{longRun: s.longRun(rand.New(rand.NewPCG(1, 2)), service, 4_000_000)}
	if s.name == even.name { // known exactly: the simulation is checked against it
		q, err := queueing.NewMMC(s.servers, rate, service)
		if assert.NoError(t, err) &&
			assert.InEpsilon(t, 1000*q.ResponseQuantile(0.99), truths[longRun], 0.01, "simulated against closed form") {
			truths[longRun] = 1000 * q.ResponseQuantile(0.99)
		}
	}
	var all []cell
	names, counts := []string{longRun}, []int{6}
	if length < 10 {
		truths[medianRun] = s.medianRun(rand.New(rand.NewPCG(3, 4)), service, length, max(1500, 6*n))
		names = []string{medianRun, longRun}
	}
	if most > 6 {
		counts = append(counts, most)
	}
	var bounds []float64 // of each group of rows
	var planned []int
	for _, truth := range names {
		for _, count := range counts {
			all = append(all, row(s, "p99", truth, length, count, bias && truth == longRun)...)
			bounds, planned = append(bounds, truths[truth]), append(planned, count)
		}
	}
	for repetition := range n {
		r := rand.New(rand.NewPCG(uint64(length), uint64(repetition)))
		runs := lazy(func() judge.Evidence { return s.run(r, service, length) })
		for i, c := range all {
			group := i / len(margins)
			c.verdicts[judged(p99Claim(bounds[group]*(1+c.margin)), runs, planned[group])]++
		}
	}
	return all
}

// rates judges "rate >= R, with a tolerance of 1 %" where R is offered to a system that can
// give R × 0.99 × (1 + margin), with n repetitions: what it may fall short by is not counted as room.
func rates(s system, length float64, n int) []cell {
	cells := row(s, "rate", longRun, length, 6, false)
	claim := suite.Claim{
		ID: "rate", Metric: "rate", Op: suite.AtLeast,
		Value: suite.Quantity{Value: rate, Unit: suite.RequestsPerSecond}, Tolerance: 0.01,
	}
	for i, c := range cells {
		cells[i].bias = c.margin == 0 // a queue that is offered all it can give never settles
		r := rand.New(rand.NewPCG(6, uint64(i)))
		service := float64(s.servers) / (claim.Bound() * (1 + c.margin))
		for range n {
			runs := lazy(func() judge.Evidence { return s.run(r, service, length) })
			c.verdicts[judged(claim, runs, 6)]++
		}
	}
	return cells
}

// experiments makes all of them, or those that are quick.
func experiments(t *testing.T, n int) []cell {
	work := []func() []cell{
		func() []cell { return percentiles(t, even, 5, 10, n, false) },
		func() []cell { return percentiles(t, uneven, 5, 10, n, true) },
		func() []cell { return rates(even, 5, n) },
		func() []cell { return rates(uneven, 5, n) },
		func() []cell { return disturbed(harmless, n) },
		func() []cell { return disturbed(coreTaken, n) },
		func() []cell { return smallHosts(exponential, "M/M/8", []float64{0.1, 0.2, 0.3, 0.6}, n) },
		func() []cell { return smallHosts(skewed, "M/G/8", []float64{0.1, 0.2, 0.3, 0.6}, n) },
		func() []cell { return smallHosts(logNormal(0.5), "M/G/8 of CV 0.5", []float64{0.1}, n) },
		func() []cell { return smallHosts(logNormal(2.5), "M/G/8 of CV 2.5", []float64{0.1}, n) },
	}
	if n == full {
		work = append(work, func() []cell { return percentiles(t, uneven, 60, 6, n, false) })
	}
	done := make([][]cell, len(work))
	var all sync.WaitGroup
	for i, f := range work {
		all.Go(func() { done[i] = f() })
	}
	all.Wait()
	var cells []cell
	for _, c := range done {
		cells = append(cells, c...)
	}
	return cells
}

func TestOperatingCharacteristics(t *testing.T) {
	effort.NoGoroutines(t)
	n := quick()
	if golden.Updating() {
		n = full
	}
	cells := experiments(t, n)
	for _, c := range cells {
		if !c.bias { // at most 2 % (or what the row says), and what chance adds to a count (two standard errors)
			most := cmp.Or(c.most, 0.02)
			assert.LessOrEqual(t, c.wrong(n), most+2*math.Sqrt(most*(1-most)/float64(n)), "%s %+.0f %%", c.experiment,
				100*c.margin)
		}
	}
	// a disturbed host gets its verdict all the same, at a headroom of 2, in 95 % of all cases at least
	for _, c := range cells {
		if strings.Contains(c.experiment, "disturbed") && c.margin == 1 {
			assert.GreaterOrEqual(t, float64(c.verdicts[judge.Verified])/float64(n),
				0.95-2*math.Sqrt(0.05*0.95/float64(n)), c.experiment)
		}
	}
	if golden.Updating() {
		replace(t, cells)
		return
	}
	published := read(t)
	for _, c := range cells {
		for i, v := range shown {
			want, got := published[key(c)][i], float64(c.verdicts[v])/float64(n)
			// Four standard errors of the difference, and two percent for truths that are simulated themselves.
			assert.InDelta(t, want, got, 0.02+4*math.Sqrt(max(want*(1-want), 0.02)*(1.0/float64(n)+1.0/full)),
				"%s %v: -update rewrites README.md", key(c), v)
		}
	}
}

// shown are the verdicts in the order of the table's columns.
var shown = []judge.Verdict{judge.Verified, judge.Refuted, judge.Inconclusive, judge.Invalid, judge.Untestable}

func key(c cell) string { return fmt.Sprintf("%s %+.0f %% |", c.experiment, 100*c.margin) }

// The table stands between two marks in the README.
const begin, end = "<!-- begin table -->\n", "<!-- end table -->\n"

// parts are the README before, within and after the table.
func parts(t *testing.T) (before, table, after string) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))), begin)
	require.True(t, ok, "README.md has no %q", begin)
	table, after, ok = strings.Cut(rest, end)
	require.True(t, ok, "README.md has no %q", end)
	return before, table, after
}

func replace(t *testing.T, cells []cell) {
	t.Helper()
	before, _, after := parts(t)
	var out strings.Builder
	out.WriteString(
		"| system | claim | compared with the | runs | room | verified | refuted | inconclusive | invalid | " +
			"untestable |\n|---|---|---|---|---|---|---|---|---|---|\n",
	)
	for _, c := range cells {
		of := func(v judge.Verdict) string {
			share := float64(c.verdicts[v]) / full
			if share > cmp.Or(c.most, 0.02) && c.mistaken(v) {
				return fmt.Sprintf("**%.1f %%**", 100*share)
			}
			return fmt.Sprintf("%.1f %%", 100*share)
		}
		fmt.Fprintf(&out, "%s %s | %s | %s | %s | %s |\n", key(c), of(judge.Verified), of(judge.Refuted),
			of(judge.Inconclusive), of(judge.Invalid), of(judge.Untestable))
	}
	require.NoError(t, os.WriteFile("README.md", []byte(before+begin+out.String()+end+after), 0o644))
}

// read is the published shares of the verdicts, by row.
func read(t *testing.T) map[string][5]float64 {
	t.Helper()
	_, table, _ := parts(t)
	all := map[string][5]float64{}
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
		columns := strings.Split(line, "|")
		require.Len(t, columns, 12, line)
		var shares [5]float64
		for i, text := range columns[6:11] {
			v, err := strconv.ParseFloat(strings.Trim(text, " *%"), 64)
			require.NoError(t, err, line)
			shares[i] = v / 100
		}
		all[strings.Join(columns[:6], "|")+"|"] = shares
	}
	return all
}
