package suite

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

func TestAGoodSuiteIsReadAsItIsWritten(t *testing.T) {
	got, err := Parse("good.yaml", []byte(testdata(t, "good.yaml")))
	require.NoError(t, err)
	want := &Suite{
		Version: 1, Name: "example", Title: "An example", Source: "guide.md",
		Plan: Plan{
			Runs: 6, Warmup: FixedWarmup(2 * time.Second), Duration: 5 * time.Second, Timeout: 10 * time.Second,
			Seed: 1, Connections: 64, Arrivals: ArrivalsPoisson,
			Validity: Validity{ScheduleLag: 0.1, Offered: 0.99, HostNoise: 0.5},
		},
		Dataset: Dataset{Accounts: 1000, Transactions: 5000},
		Workloads: []Workload{
			{Name: "reads", Kind: "platform", Mix: []MixedItem{{"account", 0.995}, {"transactions", 0.005}}},
		},
		Phases: []Phase{
			{
				Number: 1, Name: "small", Source: "guide.md#small", Workers: 1, Memory: 512 * MiB, Rate: 100,
				Workload: "reads", Group: GroupPhases,
			},
			{Number: 2, Name: "large", Source: "guide.md#large", Cluster: true, Workers: 4, Memory: 1e9,
				Stores: []Store{Postgres, Redis}, Rate: 500, Workload: "reads", Group: GroupPhases},
		},
		Claims: []Claim{
			{
				ID: "P1.rate", Phase: 1, Source: "guide.md#small", Metric: "rate", Op: AtLeast,
				Value: Quantity{100, RequestsPerSecond}, Tolerance: 0.01,
			},
			{ID: "P2.p99", Phase: 2, Derived: "a reason that takes two lines", Metric: "p99", Op: AtMost,
				Value: Quantity{150, Milliseconds}, Needs: Needs{Cores: 4, Memory: 8 * GiB}},
		},
	}
	assert.Equal(t, want, got)
}

func TestOldNamesAreReadAndNoted(t *testing.T) {
	now := string(BuiltinYAML())
	before := strings.Replace(now, "schedule_lag:", "lateness:", 1)
	renamed := 1
	for _, m := range Metrics {
		if m.Was != "" {
			renamed += strings.Count(now, "metric: "+m.Name)
			before = strings.ReplaceAll(before, "metric: "+m.Name, "metric: "+m.Was)
		}
	}
	want, err := Parse("now.yaml", []byte(now))
	require.NoError(t, err)
	require.Empty(t, want.Deprecated)
	got, err := Parse("before.yaml", []byte(before))
	require.NoError(t, err)
	require.Len(t, got.Deprecated, renamed)
	lines := strings.Split(before, "\n")
	for _, old := range got.Deprecated {
		assert.Contains(t, lines[old.Line-1], strings.Split(old.Message, `"`)[1])
	}
	got.Deprecated = nil
	assert.Equal(t, want, got)

	_, err = Parse("both.yaml", []byte(strings.Replace(now, "schedule_lag:", "lateness: 10 %\n    schedule_lag:", 1)))
	assert.ErrorContains(t, err, `key "schedule_lag" is given twice`)
}

func TestTheSameSuiteIsReadWhateverTheLineEnds(t *testing.T) {
	text := testdata(t, "good.yaml")
	want, err := Parse("good.yaml", []byte(text))
	require.NoError(t, err)
	for name, variant := range map[string]string{
		"Windows line ends":         strings.ReplaceAll(text, "\n", "\r\n"),
		"a byte order mark":         "\ufeff" + text,
		"a document start and end":  "---\n" + text + "...\n",
		"no line end after the end": strings.TrimRight(text, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("good.yaml", []byte(variant))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestEveryMixOfDecimalSharesThatAddsUpIsAccepted(t *testing.T) {
	// In binary these add up to 0.9999999999999999 and the like.
	for _, mix := range []string{
		"{account: 10 %, transactions: 20 %, transfer: 70 %}",
		"{account: 33.3 %, transactions: 33.3 %, transfer: 33.4 %}",
		"{account: 0.1 %, transactions: 0.7 %, transfer: 99.2 %}",
		"{account: 14.3 %, transactions: 14.3 %, transfer: 14.3 %, import: 14.3 %, risk: 14.3 %, classify: 14.3 %, " +
			"login: 14.2 %}",
	} {
		_, err := Parse("suite.yaml", []byte(edited(t, "{account: 99.5 %, transactions: 0.5%}", mix)))
		assert.NoError(t, err, mix)
	}
}

func TestTheSuiteInTheDocumentationIsGood(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var text strings.Builder
	for line := range strings.Lines(string(source)) {
		if rest, ok := strings.CutPrefix(line, "//\t"); ok {
			text.WriteString(rest)
		}
	}
	_, err = Parse("doc.go", []byte(text.String()))
	require.NoError(t, err)
}

func TestAnErrorIsTypedAndSaysEachProblemOnItsOwn(t *testing.T) {
	_, err := Parse("suite.yaml", []byte(edited(t, "rate: 100 req/s", "rate: 100")))
	var all *Errors
	require.True(t, errors.As(err, &all))
	require.Len(t, all.Problems, 1)
	assert.Equal(t, Problem{
		File: "suite.yaml", Line: 27, Column: 11, Message: `rate: "100" has no unit`,
		Allowed: "a number with req/s or req/min, e.g. 100 req/s",
		Snippet: "   27 |     rate: 100\n      |           ^\n",
	}, all.Problems[0])
}

func FuzzParse(f *testing.F) {
	f.Add(string(builtin))
	f.Add(testdata(f, "good.yaml"))
	f.Add(testdata(f, "many.yaml"))
	for _, row := range bad {
		f.Add(edited(f, row.old, row.new))
	}
	for _, text := range []string{
		"", "- ", "? ", "[", "{", "}", "]", "a: [", "- - - -", "? ? ?", "&a", "*a", "!!x", "a: &", "a: *", "a: !",
		"<<: x", "|", ">", "%", "---", "---\n---", "a:\n- ", "\"", "'", "a: \"\\u", "a: \"\\xff\"", "\ufeff", "\r",
		"a: |\n", "a: >-\n\n", "{a, b}", "[a: b]", "{? a: b}", "a: b: c", ": x", "plan: {validity: {lateness: }}",
		"version: [1]", "claims: [{}]", "claims: [[]]", "phases: {}", "workloads: [~, ~]",
		"workloads:\n  - mix: {~: 1 %}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("fuzz.yaml", []byte(text))
		if err == nil {
			require.NotNil(t, s)
			return
		}
		require.Nil(t, s)
		var all *Errors
		require.ErrorAs(t, err, &all)
		require.NotEmpty(t, all.Problems)
		require.LessOrEqual(t, len(all.Problems), form.MostProblems)
		for _, p := range all.Problems {
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
			require.NotEmpty(t, p.Message)
			require.NotContains(t, p.String(), "\x1b")
		}
	})
}

func TestStoresCanBeLimited(t *testing.T) {
	s, err := Parse(
		"suite.yaml",
		[]byte(
			edited(t, "workloads:\n",
				"stores:\n  postgres: {cpus: 1.5, memory: 1 GiB}\n  redis: {memory: 256 MiB}\nworkloads:\n"),
		),
	)
	require.NoError(t, err)
	assert.Equal(t, Limit{CPUs: 1.5, Memory: GiB}, s.Stores.Limit(Postgres))
	assert.Equal(t, Limit{Memory: 256 * MiB}, s.Stores.Limit(Redis))
}
