package suite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/golden"
)

// bad are edits of testdata/good.yaml, each of which makes it bad; testdata/bad.txtar
// holds what is said about each.
var bad = []struct {
	name     string
	old, new string // new takes the place of old, which occurs at least once; the first counts
}{
	{"an unknown key", "    workers: 1\n", "    workers: 1\n    color: blue\n"},
	{
		"a calibrated workload without its processor time",
		"kind: platform\n    mix: {account: 99.5 %, transactions: 0.5%}", "kind: calibrated",
	},
	{"a calibrated workload that burns nothing", "kind: platform\n    mix: {account: 99.5 %, transactions: 0.5%}",
		"kind: calibrated\n    cpu: 1 ms\n    serving: 1 ms"},
	{"a calibrated workload with a mix", "kind: platform\n", "kind: calibrated\n    cpu: 7 ms\n"},
	{"a platform workload without its mix", "    mix: {account: 99.5 %, transactions: 0.5%}\n", ""},
	{"a disturbance that does not exist", "    workers: 1\n", "    workers: 1\n    disturb: erase\n"},
	{"a metric that only a disturbance yields", "metric: p99", "metric: recovery"},
	{"a metric that another disturbance yields", "metric: p99", "metric: orphan_processes"},
	{"a group that does not exist", "    workers: 1\n", "    workers: 1\n    group: phase\n"},
	{"a rate at a processor share that is not named", "metric: rate,", "metric: rate_at_cpu,"},
	{"a processor share for a metric that has no use for it", "metric: p99", "metric: p99\n    at_cpu: 60 %"},
	{"a range that ends below its start", "value: 100 req/s, tolerance", "value: 100 req/s, to: 90 req/s, tolerance"},
	{"a range for a metric with an upper bound", "value: 0.15 s", "value: 0.15 s\n    to: 0.2 s"},
	{"a ratio to a phase that does not exist", "metric: p99", "metric: p99\n    over: 3"},
	{"a ratio to a phase that comes later", "value: 100 req/s, tolerance", "value: 1x, over: 2, tolerance"},
	{"a ratio that is not written as a factor", "metric: p99", "metric: p99\n    over: 1"},
	{"a number of other things", "metric: p99\n    op: \"<=\"\n    value: 0.15 s",
		"metric: lost\n    op: \"<=\"\n    value: 0 workers"},
	{"a store that does not exist", "workloads:\n", "stores: {mysql: {cpus: 1}}\nworkloads:\n"},
	{"no processor for a store", "workloads:\n", "stores: {postgres: {cpus: 0}}\nworkloads:\n"},
	{"processors in words", "workloads:\n", "stores: {postgres: {cpus: two}}\nworkloads:\n"},
	{"processors with a unit", "workloads:\n", "stores: {postgres: {cpus: 2 cores}}\nworkloads:\n"},
	{"a misspelt key", "connections: 64", "conections: 64"},
	{"a key given twice", "  seed: 1\n", "  seed: 1\n  runs: 7\n"},
	{"a missing key", "    memory: 512 MiB\n", ""},
	{"two missing keys", "  runs: 6\n  warmup: 2 s\n", ""},
	{"a missing section", "dataset: {accounts: 1000, transactions: 5000}\n", ""},
	{"an empty value", "rate: 100 req/s", "rate:"},
	{"another version", "version: 1", "version: 2"},
	{"no version", "version: 1\n", ""},
	{"a text for a whole number", "runs: 6", `runs: "6"`},
	{"a fraction for a whole number", "runs: 6", "runs: 6.5"},
	{"a whole number out of range", "workers: 4", "workers: 5000"},
	{"a negative whole number", "runs: 6", "runs: -6"},
	{"an absurdly big whole number", "seed: 1", "seed: 99999999999999999999999999"},
	{"a whole number with separators", "accounts: 1000", "accounts: 1_000"},
	{"a number for a text", "title: An example", "title: 2026"},
	{"a mapping for a text", "title: An example", "title: {a: b}"},
	{"a list for a mapping", "dataset: {accounts: 1000, transactions: 5000}", "dataset: [1000, 5000]"},
	{"a text for a list", "stores: []", "stores: none"},
	{"an empty list of claims", "claims:\n", "claims: []\nrest:\n"},
	{"a word for a truth value", "cluster: true", "cluster: yes"},
	{"a name with spaces", "name: small", "name: very small"},
	{"a rate without a unit", "rate: 100 req/s", "rate: 100"},
	{"a rate with an unknown unit", "rate: 100 req/s", "rate: 100 rec/s"},
	{"a rate in another dimension", "rate: 100 req/s", "rate: 100 ms"},
	{"a rate of zero", "rate: 100 req/s", "rate: 0 req/s"},
	{"a negative rate", "rate: 100 req/s", "rate: -100 req/s"},
	{"a rate that is not a number", "rate: 100 req/s", "rate: .nan"},
	{"a rate that is not a number with a unit", "rate: 100 req/s", "rate: NaN req/s"},
	{"an infinite rate", "rate: 100 req/s", "rate: .inf"},
	{"an absurdly big rate", "rate: 100 req/s", "rate: 99999999999 req/s"},
	{"a rate with a number that never ends", "rate: 100 req/s", "rate: " + strings.Repeat("9", 90) + " req/s"},
	{"a rate with separators", "rate: 100 req/s", "rate: 1,000 req/s"},
	{"a rate with an exponent", "rate: 100 req/s", "rate: 1e3 req/s"},
	{"a rate in words", "rate: 100 req/s", "rate: about 100 req/s"},
	{"a rate so low that a window has no request", "rate: 100 req/s", "rate: 0.1 req/s"},
	{"a duration without a unit", "warmup: 2 s", "warmup: 2"},
	{"a window that is too short", "duration: 5 s", "duration: 999 ms"},
	{"a size in the wrong letter case", "memory: 512 MiB", "memory: 512 mib"},
	{"a size that is absurd", "memory: 512 MiB", "memory: 512 B"},
	{"a size of part of a byte", "memory: 512 MiB", "memory: 0.1 GiB"},
	{"a percentage without a unit", "schedule_lag: 10 %", "schedule_lag: 0.1"},
	{"a percentage above 100", "offered: 99 %", "offered: 101 %"},
	{"a percentage of zero where it means nothing", "schedule_lag: 10 %", "schedule_lag: 0 %"},
	{"a tolerance of everything", "tolerance: 1 %", "tolerance: 100 %"},
	{"shares above 100 %", "account: 99.5 %", "account: 99.6 %"},
	{"shares below 100 %", "account: 99.5 %", "account: 50 %"},
	{"an unknown operation", "account: 99.5 %", "acount: 99.5 %"},
	{"an operation given twice", "transactions: 0.5%}", "account: 0.5%}"},
	{"an unknown kind of workload", "kind: platform", "kind: plattform"},
	{"unknown arrivals", "arrivals: poisson", "arrivals: closed"},
	{"an unknown store", "[postgres, redis]", "[postgres, rediss]"},
	{"a store listed twice", "[postgres, redis]", "[redis, redis]"},
	{"an unknown workload", "workload: reads", "workload: read"},
	{"a workload's name taken", "phases:\n", "  - {name: reads, kind: platform, mix: {risk: 100 %}}\nphases:\n"},
	{"a phase's number taken", "  - phase: 2", "  - phase: 1"},
	{"a phase's name taken", "name: large", "name: small"},
	{"a phase without claims", "phase: 2\n    derived", "phase: 1\n    derived"},
	{"workers without a cluster", "cluster: true", "cluster: false"},
	{"fewer transactions than accounts", "transactions: 5000", "transactions: 500"},
	{"a claim's id taken", "id: P2.p99", "id: P1.rate"},
	{"a claim on an unknown phase", "phase: 2\n    derived", "phase: 3\n    derived"},
	{"a claim on an unknown metric", "metric: p99", "metric: p96"},
	{"an operator that does not exist", `op: "<="`, `op: "<"`},
	{"an operator that does not suit the metric", `op: "<="`, `op: ">="`},
	{"an operator without quotes", `op: "<="`, `op: >=`},
	{"a unit that does not suit the metric", "value: 0.15 s", "value: 150 MiB"},
	{"a claimed value without a unit", "value: 0.15 s", "value: 150"},
	{"a claimed value with an unknown unit", "value: 0.15 s", "value: 150 millis"},
	{"a claimed value that cannot be measured", "value: 0.15 s", "value: 100 ns"},
	{"a claim that a request given up would meet", "value: 0.15 s", "value: 10 s"},
	{"a claim on more than is offered", "value: 100 req/s", "value: 200 req/s"},
	{
		"a claim made twice", "  - id: P2.p99",
		`  - {id: again, phase: 1, derived: x, metric: rate, op: ">=", value: 50 req/s}` + "\n  - id: P2.p99",
	},
	{"a claim with neither source nor reason", "source: guide.md#small, metric", "metric"},
	{"a claim with both source and reason", "    derived: >-", "    source: guide.md#large\n    derived: >-"},
	{"a source with spaces", "source: guide.md#large", "source: somewhere in the guide"},
	{"an anchor", "name: example", "name: &n example"},
	{"an alias", "title: An example", "title: *n"},
	{"a merge", "    workers: 1\n", "    <<: {workers: 1}\n    workers: 1\n"},
	{"a tag", "runs: 6", "runs: !!int 6"},
	{"a key after a question mark", "name: example", "? name\n: example"},
	{"a second document", "claims:\n", "---\nclaims:\n"},
	{"a directive", "version: 1\n", "%YAML 1.2\n---\nversion: 1\n"},
	{"a tab for indentation", "  runs: 6", "\truns: 6"},
	{"a bracket that is not closed", "[postgres, redis]", "[postgres, redis"},
	{"too many brackets", "stores: []", "stores: " + strings.Repeat("[", 20) + strings.Repeat("]", 20)},
	{"wrong indentation", "    cluster: false", "   cluster: false"},
	{"a byte that is not UTF-8", "An example", "An ex\xe4mple"},
	{"a control character", "An example", "An \x1b[31mexample"},
	{"a line without end", "An example", strings.Repeat("An example ", 100)},
	{"a problem far right in a line", "  - {id: P1.rate, phase: 1,",
		"  - {id: P1.rate,                                                     phase: 9,"},
	{"a problem behind a tab", "name: small", "name:\t0"},
	{"a problem behind letters beyond ASCII", "{account: 99.5 %", `{"überweisung→": 1 %, account: 99.5 %`},
}

func edited(t testing.TB, old, new string) string {
	good := testdata(t, "good.yaml")
	require.Contains(t, good, old)
	return strings.Replace(good, old, new, 1)
}

func TestABadSuiteIsRefusedWithWhatIsWrongWhereAndWhatIsAllowed(t *testing.T) {
	got := &txtar.Archive{Comment: []byte("What is said about each edit of good.yaml in bad_test.go.\n\n")}
	for _, row := range bad {
		t.Run(row.name, func(t *testing.T) {
			s, err := Parse("suite.yaml", []byte(edited(t, row.old, row.new)))
			assert.Nil(t, s)
			var all *Errors
			require.ErrorAs(t, err, &all)
			require.NotEmpty(t, all.Problems)
			for _, p := range all.Problems {
				assert.Equal(t, "suite.yaml", p.File)
				assert.Positive(t, p.Line)
				assert.Positive(t, p.Column)
				assert.NotEmpty(t, p.Message)
				assert.Contains(t, p.Snippet, fmt.Sprintf("%5d | ", p.Line))
			}
			got.Files = append(got.Files, txtar.File{Name: row.name, Data: []byte(err.Error() + "\n\n")})
		})
	}
	golden.Equal(t, "testdata/bad.txtar", txtar.Format(got))
}

func TestAFileWithManyMistakesReportsAllOfThemAtOnce(t *testing.T) {
	_, err := Parse("many.yaml", []byte(testdata(t, "many.yaml")))
	require.Error(t, err)
	golden.Equal(t, "testdata/many.txt", []byte(err.Error()+"\n"))
}

func TestWhatIsNoSuiteAtAllIsSaidSo(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"an empty file", "", "suite.yaml:1:1: file is empty"},
		{"a file of spaces", " \n\n \n", "suite.yaml:1:1: file is empty"},
		{"a file of comments", "# nothing\n", "suite.yaml:1:1: file holds no values"},
		{"a web page", "\n<!DOCTYPE html>\n<html></html>\n", "suite.yaml:1:1: file is HTML or XML, not YAML"},
		{"a text", "hello", "suite.yaml:1:1: suite: must be a mapping, not the text \"hello\""},
		{"a list", "- version: 1\n", "suite.yaml:1:1: suite: must be a mapping, not a list"},
		{"a file with zeros", "version: 1\x00\n", "suite.yaml:1:11: control character U+0000"},
		{"UTF-16", "\xff\xfev\x00", "suite.yaml:1:1: byte 0xff is not UTF-8"},
		{
			"a huge file", strings.Repeat("a: b\n", 20_000),
			"suite.yaml:1:1: file has 100000 bytes, which is too much for a suite",
		},
		{"an empty second document", "version: 1\n---\n", "suite.yaml:2:1: second document in the file"},
		{"a document after an end", "version: 1\n...\nname: x\n", "suite.yaml:3:1: second document in the file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Parse("suite.yaml", []byte(row.text))
			require.Error(t, err)
			first, _, _ := strings.Cut(err.Error(), "\n")
			assert.Equal(t, row.want, first)
		})
	}
}

func TestAMergeBombIsRefusedWithoutBeingExpanded(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'z'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9))
	}
	_, err := Parse("suite.yaml", []byte(bomb))
	require.Error(t, err)
}

func TestMoreProblemsThanAnyoneReadsAreCounted(t *testing.T) {
	text := testdata(t, "good.yaml")
	for i := range 150 {
		text += fmt.Sprintf("extra-%d: 1\n", i)
	}
	_, err := Parse("suite.yaml", []byte(text))
	var all *Errors
	require.True(t, errors.As(err, &all))
	assert.Len(t, all.Problems, 100)
	assert.Equal(t, 50, all.Omitted)
	assert.True(t, strings.HasSuffix(err.Error(), "suite.yaml: 150 problems, of which the first 100 are listed"))
}
