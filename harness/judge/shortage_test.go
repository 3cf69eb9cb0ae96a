package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// on is a run on a host of which so many processors were busy over the five seconds; below 0: not known.
func on(busy float64, s shape) Evidence {
	e := evidenceOf(s)
	if busy < 0 {
		e.Usage.Series[0].Known = false
		return e
	}
	e.Usage.Series = append(e.Usage.Series,
		measure.Series{Role: measure.RoleStore, Name: "postgres", Known: true, CPU: 0.5},
		measure.Series{Role: measure.RoleGenerator, Name: "generator", Known: true, CPU: 1},
		measure.Series{Role: measure.RoleHost, Name: "host", Known: true, CPU: 5 * busy})
	return e
}

func several(n int, e Evidence) []Evidence {
	all := make([]Evidence, n)
	for i := range all {
		all[i] = e
	}
	return all
}

// slow is how a load is met by a host that is too small for it.
var slow = shape{completed: 300, response: 2 * time.Second}

var smallerHosts = []struct {
	name      string
	cores     int // that are documented; 0: one for each worker, of which there are 8
	host      Host
	runs      []Evidence
	want      string // rate, p99, errors, memory
	says      string // among the reasons of the rate's verdict
	projected bool
}{
	{"met is verified, and says with what", 0, Host{Cores: 2, Online: 2}, several(6, on(1.9, good)),
		"verified verified verified verified", "with 2 of 8 documented cores", false},
	{"missed while the processors gave out", 0, Host{Cores: 2, Online: 2}, several(6, on(1.96, slow)),
		"untestable untestable untestable untestable",
		"98.0 % of 2 cores busy, 8 documented", true},
	{"three such runs are enough", 0, Host{Cores: 2, Online: 2}, several(3, on(1.96, slow)),
		"untestable untestable untestable untestable", "in 3 of 3 runs", true},
	{"exactly the share from which on they gave out", 0, Host{Cores: 2, Online: 2}, several(6, on(1.8, slow)),
		"untestable untestable untestable untestable", "90 % of 2 cores", true},
	{"missed while there was room", 0, Host{Cores: 2, Online: 2}, several(6, on(1.2, slow)),
		"refuted refuted verified verified", "which had room (60 % busy)", false},
	{"with as many cores as documented nothing changes", 2, Host{Cores: 2, Online: 2}, several(6, on(2, slow)),
		"refuted refuted verified verified", "6 of 6 runs missed", false},
	{"nor with more", 1, Host{Cores: 2, Online: 2}, several(6, on(2, slow)), "refuted refuted verified verified",
		"6 of 6 runs missed", false},
	{"nor where the host is not known", 0, Host{}, several(6, on(2, slow)), "refuted refuted verified verified",
		"6 of 6 runs missed", false},
	{"usage not known: it is not taken for granted", 0, Host{Cores: 2, Online: 2}, several(6, on(-1, slow)),
		"refuted refuted verified invalid", "6 of 6 runs missed", false},
	{"errors under starvation", 0, Host{Cores: 2, Online: 2}, several(6, on(2, shape{failed: 3})),
		"verified verified untestable verified", "with 2 of 8 documented cores", false},
	{
		"the load was done, and the response time missed", 0, Host{Cores: 2, Online: 2},
		several(6, on(2, shape{response: 300 * time.Millisecond})), "verified untestable verified verified", "",
		false,
	},
	{"memory is not made worse by too few processors", 0, Host{Cores: 2, Online: 2},
		several(6, on(2, shape{rssMiB: 600})), "verified verified verified refuted", "", false},
	{"late, too: the same starvation", 0, Host{Cores: 2, Online: 2},
		several(6, on(2, shape{completed: 300, response: 2 * time.Second, lag: 51 * time.Millisecond})),
		"untestable untestable untestable untestable", "gave out", true},
	{"late and slow with room on average: the generator starved", 0, Host{Cores: 2, Online: 2},
		several(6, on(1.2, shape{response: 225 * time.Millisecond, lag: 30 * time.Millisecond})),
		"verified untestable verified verified", "", false},
	{"the load could not even be offered", 0, Host{Cores: 2, Online: 2}, several(6, on(2, shape{unreleased: 50})),
		"untestable untestable untestable untestable", "gave out", true},
	{"not offered with room: nothing is known", 0, Host{Cores: 2, Online: 2},
		several(6, on(1, shape{unreleased: 50})), "invalid invalid invalid invalid", "", false},
	{"a store that fell over is no lack of processors", 0, Host{Cores: 2, Online: 2},
		several(6, on(2, shape{completed: 300, faults: []string{"a store fell over"}})),
		"invalid invalid invalid invalid", "", false},
	{
		"one limited run among those that met", 0, Host{Cores: 2, Online: 2},
		append(several(5, on(1.7, good)), on(2, slow)), "untestable untestable untestable untestable",
		"in 1 of 6 runs", true,
	},
	{"a part of a larger machine: others' work is not ours", 0, Host{Cores: 2, Online: 16}, several(6, on(9, slow)),
		"refuted refuted verified verified", "6 of 6 runs missed", false},
}

func TestASmallerHostThanDocumented(t *testing.T) {
	for _, row := range smallerHosts {
		t.Run(row.name, func(t *testing.T) {
			in := input(row.runs...)
			in.Phase.Workers, in.Phase.Cores, in.Host = 8, row.cores, row.host
			in.Host.Memory = 4 * suite.GiB
			for i := range in.Runs {
				in.Runs[i].Run = i + 1
			}
			results := Phase(in)
			assert.Equal(t, row.want, verdicts(results))
			assert.Contains(t, strings.Join(results[0].Reasons, "\n"), row.says)
			assert.Equal(t, row.projected, results[0].Projection != nil)
		})
	}
}

func TestAnUntestableClaimSaysWhatGaveOutAndWhatMoreCoresWouldDo(t *testing.T) {
	in := input(several(3, on(1.96, shape{completed: 300, response: 2 * time.Second}))...)
	in.Phase.Workers, in.Host.Online = 8, 2
	r := Phase(in)[0]
	require.Equal(t, Untestable, r.Verdict)
	assert.Equal(t, []float64{60, 60, 60}, r.Measured, "the measured figure stays")
	assert.Equal(t, []Share{{measure.RoleWorker, 0.5}, {measure.RoleGenerator, 0.2}, {measure.RoleStore, 0.1}},
		r.Shares)
	assert.Contains(t, r.Reasons[1],
		"with 2 of 8 documented cores, of which took: workers 0.5, generator 0.2, stores 0.1")
	assert.Contains(t, r.Reasons[2], "median 60 req/s, at least 100 req/s")
	// 1.96 cores for 60 req/s: 32.7 ms each; 8 cores give 245 req/s, of which 100 are asked for.
	assert.InDelta(t, 100, r.Projection.Value, 1e-9)
	assert.True(t, r.Projection.Met)
	assert.Contains(t, r.Projection.Model, "8 cores, 32.7 ms of processor time per request of all roles together")
	assert.True(t, Fixed(in), "the other three of six runs would change nothing")
	e, err := Explain(in, "P1.rate")
	require.NoError(t, err)
	assert.Contains(t, strings.Join(e.Changes, "\n"), "a host with the 8 cores that are documented; this one has 2")
}

func TestAResponseTimeThatFewerProcessorsExplain(t *testing.T) {
	// 100 req/s of 16 ms each keep 1.6 of 2 processors busy; of 8 they would be a fifth. An M/M/2 queue
	// has a p99 of 2.7 times that of M/M/8.
	for _, row := range []struct {
		name     string
		response time.Duration
		want     string
	}{
		{"within what waiting for a processor explains", 400 * time.Millisecond,
			"verified untestable verified verified"},
		{"beyond it", 1200 * time.Millisecond, "verified refuted verified verified"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := input(several(6, on(1.6, shape{response: row.response}))...)
			in.Phase.Workers, in.Host.Online = 8, 2
			assert.Equal(t, row.want, verdicts(Phase(in)))
			in.Phase.Cores = 2
			assert.Equal(t, "verified refuted verified verified", verdicts(Phase(in)),
				"as many as documented explain nothing")
		})
	}
}

func TestAHostThatLacksTheDocumentedMemory(t *testing.T) {
	slow := shape{response: 2 * time.Second, rssMiB: 480}
	for _, row := range []struct {
		name   string
		given  suite.Size
		runs   shape
		want   Verdict // on p99
		reason Code
	}{
		{"a worker reached all that there was", 512 * suite.MiB, slow, Untestable, MemoryGaveOut},
		{"it had room", 2 * suite.GiB, slow, Refuted, ""},
		{"the documented limit", 4 * suite.GiB, slow, Refuted, ""},
		{"not known", 0, slow, Refuted, ""},
		{
			"it fell over for it", 512 * suite.MiB,
			shape{response: 2 * time.Second, rssMiB: 500, faults: []string{"worker 1 was replaced"}}, Untestable,
			MemoryGaveOut,
		},
		{"met all the same", 512 * suite.MiB, shape{rssMiB: 480}, Verified, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := input(repeat(6, row.runs)...)
			in.Phase.Memory, in.Memory = 4*suite.GiB, row.given
			r := Phase(in)[1]
			assert.Equal(t, row.want, r.Verdict)
			if row.reason != "" {
				last := r.Runs[0].Reasons[len(r.Runs[0].Reasons)-1]
				assert.Equal(t, row.reason, last.Code)
			}
		})
	}
}

func TestHeadroomOfARateIsCapacityOverDocumented(t *testing.T) {
	in := input(repeat(6, good)...)
	results := Phase(in)
	assert.Zero(t, results[0].Headroom, "not searched for")
	assert.InDelta(t, 20, results[1].Headroom, 0.1, "of a response time it stays bound over measured")
	in.Capacity = &Interval{Value: 240, Low: 220, High: 260}
	r := Phase(in)[0]
	assert.InDelta(t, 2.4, r.Headroom, 1e-9, "of the documented rate, not of the bound with its tolerance")
	assert.InDelta(t, 2.2, r.HeadroomLow, 1e-9)
	assert.InDelta(t, 2.6, r.HeadroomHigh, 1e-9)
	in.Capacity = &Interval{Value: 400, Low: 400, AtLeast: true}
	r = Phase(in)[0]
	assert.True(t, r.HeadroomAtLeast)
	assert.Zero(t, r.HeadroomHigh)
}

func TestGuardsHaveADirection(t *testing.T) {
	fast, late := 10*time.Millisecond, 300*time.Millisecond // the bound is 200 ms
	for _, row := range []struct {
		name      string
		run       shape
		met, miss Kind // of p99, when the answers are fast and when they are late
	}{
		{"nothing", shape{}, Met, Missed},
		{"a slower host afterwards", shape{after: 60 * time.Millisecond}, Met, Disturbed},
		{"a host that was slower before", shape{before: 60 * time.Millisecond}, Met, Disturbed},
		{"stolen processor time", shape{steal: 0.4}, Met, Disturbed},
		{"a late generator, within the response time", shape{lag: 250 * time.Millisecond}, Met, Disturbed},
		{"a late generator, and missed with all of its delay to the system's credit",
			shape{lag: 30 * time.Millisecond}, Met, Missed},
		{"a fault", shape{faults: []string{"a store fell over"}}, Excluded, Excluded},
		{"out of range", shape{outOfRange: 1}, Excluded, Excluded},
		{"load not offered", shape{unreleased: 50}, Excluded, Excluded},
		{"the host's speed unknown", shape{after: -1}, Excluded, Excluded},
		{"a slower host and a fault", shape{after: 60 * time.Millisecond, faults: []string{"a store fell over"}},
			Excluded, Excluded},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := input()
			for response, want := range map[time.Duration]Kind{fast: row.met, late: row.miss} {
				row.run.response = response
				assert.Equal(t, want, classify(in, in.Claims[1], evidenceOf(row.run), 0).Kind, "%v", response)
			}
		})
	}
}

func TestRunsThatAreAdded(t *testing.T) {
	hurt := shape{response: 300 * time.Millisecond, after: 60 * time.Millisecond}
	for _, row := range []struct {
		name string
		runs []Evidence
		want int
	}{
		{"none", repeat(3, good), 6},
		{"one for each excluded run", append(repeat(3, good), repeat(1, broken)...), 7},
		{"a third of them at most", repeat(5, broken), 8},
		{"a disturbed miss: nine of ten", append(repeat(3, good), repeat(1, hurt)...), 10},
		{"two disturbed misses: ten do not outweigh them", append(repeat(3, good), repeat(2, hurt)...), 8},
		{"disturbed, and met all the same", repeat(4, shape{after: 60 * time.Millisecond}), 6},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, Runs(input(row.runs...))) })
	}
}

func TestRunsThatAreAddedOnASmallerHost(t *testing.T) {
	slow := 300 * time.Millisecond
	for name, row := range map[string]struct {
		last Evidence
		want int
	}{
		"it gave out by itself":               {on(2, shape{response: slow}), 6},
		"it gave out while others took of it": {on(2, shape{response: slow, steal: 0.4}), 10},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(append(several(3, on(1.5, good)), row.last)...)
			in.Phase.Workers, in.Host = 8, Host{Cores: 2, Online: 2}
			assert.Equal(t, Limited, classify(in, in.Claims[1], row.last, 3).Kind)
			assert.Equal(t, row.want, Runs(in))
		})
	}
}
