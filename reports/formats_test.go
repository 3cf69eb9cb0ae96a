package reports_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports"
)

func formatted(t *testing.T, f reports.Format, run *archive.Run) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, reports.Print(&b, run, f))
	return b.String()
}

// mixed has a claim of every verdict but invalid.
func mixed(t *testing.T) *archive.Run {
	run := archivetest.Overloaded(1)
	run.Parsed.Claims[3].Needs.Cores = 64
	require.NoError(t, run.Judge())
	return run
}

func TestJUnitCountsWhatFailedAndWhatIsNoPass(t *testing.T) {
	type problem struct {
		Type string `xml:"type,attr"`
	}
	var doc struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Suites   []struct {
			Name    string `xml:"name,attr"`
			Skipped int    `xml:"skipped,attr"`
			Cases   []struct {
				Name    string    `xml:"name,attr"`
				Failure *problem  `xml:"failure"`
				Error   *problem  `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	text := formatted(t, reports.JUnit, mixed(t))
	assert.Contains(t, text, "documented ≥ 100 req/s, measured 25.7 req/s (25.6–25.8)", "with the interval of the runs")
	require.NoError(t, xml.Unmarshal([]byte(text), &doc))
	assert.Equal(t, []int{4, 3, 0}, []int{doc.Tests, doc.Failures, doc.Errors})
	require.Len(t, doc.Suites, 1)
	assert.Equal(t, 1, doc.Suites[0].Skipped)
	for _, c := range doc.Suites[0].Cases {
		if c.Name == "P1.memory" {
			assert.NotNil(t, c.Skipped)
			continue
		}
		require.NotNil(t, c.Failure, c.Name)
		assert.Equal(t, "refuted", c.Failure.Type)
	}

	undecided := archivetest.Sample(1)
	undecided.Phases[0].Trials = undecided.Phases[0].Trials[:2]
	require.NoError(t, undecided.Judge())
	require.NoError(t, xml.Unmarshal([]byte(formatted(t, reports.JUnit, undecided)), &doc))
	assert.Equal(t, 4, doc.Errors, "no verdict is no pass")
}

func TestOpenMetricsKeepToTheForm(t *testing.T) {
	text := formatted(t, reports.OpenMetrics, mixed(t))
	require.True(t, strings.HasSuffix(text, "\n# EOF\n"), "where its end is, OpenMetrics says")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	// The parser knows the older form, which has all but two of the types.
	older := strings.NewReplacer(" info\n", " gauge\n", " stateset\n", " gauge\n").Replace(text)
	families, err := parser.TextToMetricFamilies(strings.NewReader(older))
	require.NoError(t, err)
	verdicts := map[string]float64{}
	for _, m := range families["nameplate_claim_verdict"].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		require.Len(t, labels, 3)
		verdicts[labels["claim"]+" "+labels["nameplate_claim_verdict"]] = valueOf(m)
	}
	assert.Len(t, verdicts, 4*5, "each of four claims has one of five verdicts")
	ones := map[string]bool{}
	for name, v := range verdicts {
		if v == 1 {
			ones[name] = true
		} else {
			assert.Zero(t, v, name)
		}
	}
	assert.Equal(
		t,
		map[string]bool{
			"P1.rate refuted": true, "P1.p99 refuted": true, "P1.errors refuted": true, "P1.memory untestable": true,
		}, ones,
	)
	measured := families["nameplate_claim_measured"].GetMetric()
	require.Len(t, measured, 4)
	for i, m := range measured {
		lowest := valueOf(families["nameplate_claim_measured_lowest"].GetMetric()[i])
		highest := valueOf(families["nameplate_claim_measured_highest"].GetMetric()[i])
		assert.True(t, lowest <= valueOf(m) && valueOf(m) <= highest, m)
	}
	assert.Len(t, families["nameplate_claim_bound"].GetMetric(), 4)
	require.Len(t, families["nameplate_exit_status"].GetMetric(), 1)
	assert.Equal(t, 1.0, valueOf(families["nameplate_exit_status"].GetMetric()[0]))
}

func TestTheOlderFormOfMetricsIsWhatCollectorsRead(t *testing.T) {
	run := mixed(t)
	run.Results[0].Claim = "a\n\"b\\ # EOF"
	text := formatted(t, reports.Prometheus, run)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	older := strings.NewReplacer("TYPE nameplate_run info\n", "TYPE nameplate_run_info gauge\n",
		"HELP nameplate_run ", "HELP nameplate_run_info ", " stateset\n", " gauge\n", "# EOF\n", "")
	assert.Equal(t, older.Replace(formatted(t, reports.OpenMetrics, run)), text, "the figures are the same")
	for name, f := range families {
		for _, m := range f.GetMetric() {
			assert.True(t, slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool {
				return l.GetName() == "suite" && l.GetValue() == "sample"
			}), "of several suites each says which it is: %s", name)
		}
	}
}

func TestTheBenchmarkFormatIsReadByItsOwnReader(t *testing.T) {
	run := archivetest.Sample(1, 3)
	run.ID, run.Host.CPUModel = "x\nBenchmarkEvil 1 1 ns/op\x1b[31m", "a: b\r\nUnit x better=higher"
	text := formatted(t, reports.Benchmark, run)
	assert.NotContains(t, text, "\x1b")
	reader := benchfmt.NewReader(strings.NewReader(text), "bench.txt")
	lines := map[string]int{}
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			require.NoError(t, r)
		case *benchfmt.Result:
			lines[string(r.Name.Full())]++
			assert.Equal(t, "x BenchmarkEvil 1 1 ns/op[31m", r.GetConfig("nameplate-run"))
			p99, ok := r.Value("p99-sec")
			assert.True(t, ok && p99 > 0 && p99 < 1, "%v", r.Values)
		}
	}
	require.NoError(t, reader.Err())
	assert.Equal(t, map[string]int{
		"Phase/phase=1/workers=1/rate=100": 6, "Phase/phase=3/workers=6/rate=1000": 6,
	}, lines)
}

// valueOf is the value of a metric, whatever its type.
func valueOf(m *dto.Metric) float64 {
	if m.GetGauge() != nil {
		return m.GetGauge().GetValue()
	}
	return m.GetUntyped().GetValue()
}

func TestAnnotationsNameWhatIsNotVerified(t *testing.T) {
	text := formatted(t, reports.GitHub, mixed(t))
	assert.Contains(t, text, "::error title=P1.rate refuted::documented ≥ 100 req/s, measured ")
	assert.Contains(t, text, "::notice title=P1.memory untestable::")
	assert.Contains(t, text, "%25", "a per cent sign would be taken for an escape")
	assert.Equal(t, 4, strings.Count(text, "\n"))
	assert.Empty(t, formatted(t, reports.GitHub, archivetest.Sample(1)))
}

// TestAnnotationsBeyondTheLimitAreCounted has more than GitHub shows of a step.
func TestAnnotationsBeyondTheLimitAreCounted(t *testing.T) {
	run := archivetest.Overloaded(1)
	like := run.Results[1]
	run.Results = nil
	for i := range 25 {
		r := like
		r.Claim, r.Headroom = fmt.Sprint("c", i), float64(25-i)
		if i < 10 {
			r.Verdict = judge.Invalid
		} else {
			r.Verdict = judge.Refuted
		}
		run.Results = append(run.Results, r)
	}
	lines := strings.Split(strings.TrimSpace(formatted(t, reports.GitHub, run)), "\n")
	require.Len(t, lines, 20)
	assert.True(t, strings.HasPrefix(lines[0], "::error title=c24 refuted::"), "least headroom first: %s", lines[0])
	assert.True(t, strings.HasPrefix(lines[9], "::error title=and 6 more::c15 refuted, "), lines[9])
	assert.True(t, strings.HasPrefix(lines[10], "::warning title=c9 invalid::"), lines[10])
	assert.True(t, strings.HasPrefix(lines[19], "::warning title=c0 invalid::"), "ten have room: %s", lines[19])
}

func TestForeignTextIsNoWorkflowCommand(t *testing.T) {
	run := archivetest.Overloaded(1)
	evil := "x\n::add-mask::y\r\n##[error]z,file=a::b%0A::stop-commands::c\x1b[31m"
	for i := range run.Results {
		run.Results[i].Claim = evil
		run.Results[i].Whys = []judge.Why{{Code: judge.WhyTally, Text: evil}}
	}
	text := formatted(t, reports.GitHub, run)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.Len(t, lines, 3)
	for _, l := range lines {
		require.Regexp(t, `^::error title=[^:,]*::[^\r\n]*$`, l)
		assert.NotContains(t, l, "%0A::", "what is escaped once is no line end")
		assert.NotContains(t, l, "\x1b")
	}
}

func TestCSVHasARowForEachClaimAndRun(t *testing.T) {
	run := mixed(t)
	run.ID = "=1+1"
	run.Phases[0].Trials[0].Window = nil
	require.NoError(t, run.Judge())
	rows, err := csv.NewReader(strings.NewReader(formatted(t, reports.CSV, run))).ReadAll()
	require.NoError(t, err)
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	next := 1
	for _, result := range run.Results {
		for _, o := range result.Runs {
			row := rows[next]
			next++
			assert.Equal(t, []string{result.Claim, result.Verdict.String(), strconv.Itoa(o.Run), string(o.Kind)},
				[]string{row[at["claim"]], row[at["verdict"]], row[at["run"]], row[at["outcome"]]})
			assert.Equal(t, "'=1+1", row[at["archive"]], "no spreadsheet takes it for a formula")
			if !o.Sampled {
				assert.Empty(t, row[at["value"]], "nothing unknown is 0")
				assert.NotEmpty(t, row[at["reasons"]])
				continue
			}
			value, err := strconv.ParseFloat(row[at["value"]], 64)
			require.NoError(t, err)
			assert.Equal(t, o.Value, value)
		}
		if len(result.Runs) == 0 {
			next++
		}
	}
	assert.Len(t, rows, next)
}

func TestTheOtherFormatsAreThoseOfTheirFiles(t *testing.T) {
	run := archivetest.Sample(1)
	assert.Contains(t, formatted(t, reports.InMarkdown, run), "| Claim |")
	assert.Contains(t, formatted(t, reports.HTML, run), "<!DOCTYPE html>")
	assert.Contains(t, formatted(t, reports.Object, run), `"claims"`)
	assert.ErrorContains(t, reports.Print(&bytes.Buffer{}, run, "pdf"),
		`format "pdf"; allowed: text, markdown, html, json, junit, openmetrics, github, csv`)
}
