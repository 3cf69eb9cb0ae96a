package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
)

func bench(p99 ...float64) []byte {
	var b strings.Builder
	b.WriteString("Unit p99-ns better=lower\nUnit req/s better=higher\nUnit error-% better=lower\n\n")
	for _, v := range p99 {
		fmt.Fprintf(&b, "BenchmarkPhase/phase=4 100 5000 req/s %v p99-ns 0 error-%%\n", v)
	}
	return []byte(b.String())
}

var point = time.Date(2026, 11, 24, 2, 15, 40, 0, time.UTC)

func TestNightsAreAddedAndReadAsSeries(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	for i := range 3 {
		name, err := Add(dir, point.AddDate(0, 0, i), "3335091bd2a17f00",
			bench(float64(100*(i+1)), float64(100*(i+1)+2), 1e9))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("2026-11-%dT0215Z-3335091bd2a1.txt", 24+i), filepath.Base(name))
	}
	_, err := Add(dir, point, "3335091bd2a17f00", bench(1))
	assert.ErrorIs(t, err, ErrExists, "a data point is never written over")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("not a data point"), 0o600))

	all, left, err := Read(dir)
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Empty(t, left)
	assert.Equal(t, trend.Series{
		Name: "Phase/phase=4", Unit: "error-%+0.1", Better: stats.Lower, Values: []float64{0.1, 0.1, 0.1},
		Points: all[1].Points,
	}, all[2], "a share of errors that rises from 0 must not go unseen")
	assert.Equal(t, trend.Series{
		Name: "Phase/phase=4", Unit: "p99-ns", Better: stats.Lower, Values: []float64{102, 202, 302},
		Points: []string{
			"2026-11-24 02:15 3335091bd2a1", "2026-11-25 02:15 3335091bd2a1", "2026-11-26 02:15 3335091bd2a1",
		},
	}, all[1], "the median of a data point's runs")
	assert.Equal(t, stats.Higher, all[0].Better)
}

func TestAnotherMachineIsAnotherSeries(t *testing.T) {
	dir := t.TempDir()
	for i, cpu := range []string{"A", "A", "B"} {
		_, err := Add(dir, point.AddDate(0, 0, i), "x",
			append([]byte("cpu: "+cpu+"\nprovider-redis: none\n"), bench(100)...))
		require.NoError(t, err)
	}
	all, _, err := Read(dir)
	require.NoError(t, err)
	var names []string
	for _, s := range all {
		if s.Unit == "p99-ns" {
			names = append(names, fmt.Sprint(s.Name, len(s.Values)))
		}
	}
	assert.Equal(t, []string{"Phase/phase=4 [A]2", "Phase/phase=4 [B]1"}, names)
}

func TestAnEmptyOrBrokenHistoryIsNamed(t *testing.T) {
	_, _, err := Read(filepath.Join(t.TempDir(), "missing"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	dir := t.TempDir()
	_, _, err = Read(dir)
	assert.ErrorIs(t, err, ErrEmpty)
	_, err = Add(dir, point, "x", []byte("no benchmark"))
	assert.ErrorContains(t, err, "no benchmark line")
	broken := filepath.Join(dir, "2026-11-24T0215Z-abc.txt")
	require.NoError(t, os.WriteFile(broken, []byte("BenchmarkX 1 five ns/op\n"), 0o600))
	_, _, err = Read(dir)
	assert.ErrorContains(t, err, "2026-11-24T0215Z-abc.txt:1")
	require.NoError(t, os.Rename(broken, filepath.Join(dir, "2026-99-24T0215Z-abc.txt")))
	_, _, err = Read(dir)
	assert.ErrorContains(t, err, "the name is no time")
}

func TestABuildWithoutARevisionHasAName(t *testing.T) {
	name, err := Add(t.TempDir(), point, "", bench(1))
	require.NoError(t, err)
	assert.Equal(t, "2026-11-24T0215Z-unknown.txt", filepath.Base(name))
}

func TestAcknowledgedChangesAreRead(t *testing.T) {
	dir := t.TempDir()
	all, err := Acknowledged(dir)
	require.NoError(t, err)
	assert.Empty(t, all)
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, AcknowledgedFile), []byte(text), 0o600))
	}
	write("# series\tunit\tnight\treason\nPhase/phase=4\tp99-ns\t2026-11-24 02:15 abc\ta stricter check\n")
	all, err = Acknowledged(dir)
	require.NoError(t, err)
	assert.Equal(
		t,
		[]trend.Acknowledged{
			{Series: "Phase/phase=4", Unit: "p99-ns", Point: "2026-11-24 02:15 abc", Reason: "a stricter check"},
		}, all,
	)
	write("Phase/phase=4\tp99-ns\n")
	_, err = Acknowledged(dir)
	assert.ErrorContains(t, err, "acknowledged.tsv:1: 2 fields; allowed: series, unit, data point and reason")
}

func TestImports(t *testing.T) {
	all, err := ImportCSV("x.csv", strings.NewReader("night,load tx/s,p99 ms\n1,100,5\n2,,6\n3,101,7\n"))
	require.NoError(t, err)
	assert.Equal(t, []trend.Series{
		{Name: "load", Unit: "tx/s", Better: stats.Higher, Values: []float64{100, 101}, Points: []string{"1", "3"}},
		{Name: "p99", Unit: "ms", Better: stats.Lower, Values: []float64{5, 6, 7}, Points: []string{"1", "2", "3"}},
	}, all)
	for text, want := range map[string]string{
		"night\n": "no values", "night,a\n1,x\n": `line 2, column 2: "x"; allowed: a number above 0`,
		"night,a\n1,0\n": "allowed: a number above 0", "a,b\n\"": "x.csv",
	} {
		_, err := ImportCSV("x.csv", strings.NewReader(text))
		assert.ErrorContains(t, err, want)
	}
	all, err = ImportBenchmarkAction("data.js", strings.NewReader(`window.BENCHMARK_DATA = {"entries":{"Go":[
		{"commit":{"id":"abcdef0123456789"},"date":1764000000000,"tool":"go","benches":[{"name":"BenchmarkX","value":12,"unit":"ns/op"}]},
		{"commit":{"id":"bbcdef0123456789"},"date":1764086400000,"tool":"go","benches":[{"name":"BenchmarkX","value":13,"unit":"ns/op"}]}]}}`))
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, []float64{12, 13}, all[0].Values)
	assert.Contains(t, all[0].Points[0], "abcdef012345")
	for _, text := range []string{"", "window = {", `x = {"entries":{}}`} {
		_, err := ImportBenchmarkAction("data.js", strings.NewReader(text))
		assert.Error(t, err, text)
	}
}

func FuzzImportCSV(f *testing.F) {
	f.Add("night,load tx/s\n1,100\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ImportCSV("x", strings.NewReader(text))
		for _, s := range all {
			if err == nil && len(s.Values) != len(s.Points) {
				t.Fatal("a value without its data point")
			}
		}
	})
}

func TestNightsBesideABaselineAreJudgedByTheRatioToIt(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		drift := float64(1 + i) // of the machine
		side := func(p99 float64) [][]byte { return [][]byte{bench(p99 * drift), bench(2 * p99 * drift)} }
		text := WithPairs(bench(100*drift), "abcdef0123456789", side(100), side(110))
		_, err := Add(dir, point.AddDate(0, 0, i), "x", text)
		require.NoError(t, err)
		all, _, err := Read(dir)
		require.NoError(t, err)
		values := map[string][]float64{}
		for _, s := range all {
			if s.Unit == "p99-ns" {
				values[s.Name] = s.Values
			}
		}
		ratio := values["Phase/phase=4 / baseline abcdef012345"]
		require.Len(t, ratio, i+1)
		assert.InDelta(t, 1.1, ratio[i], 1e-9, "whatever the machine does")
		assert.Equal(t, i+1 < enough, values["Phase/phase=4"] != nil,
			"the values are judged until there are enough ratios")
	}
}

func TestWhatIsBetterIsKnownOfImportedFigures(t *testing.T) {
	for _, row := range []struct {
		tool, unit string
		want       stats.Direction
	}{
		{"benchmarkjs", "ops/sec", stats.Higher}, {"pytest", "iter/sec", stats.Higher},
		{"customBiggerIsBetter", "points", stats.Higher},
		{"customSmallerIsBetter", "points/s", stats.Lower}, {"cargo", "ns/iter", stats.Lower},
		{"go", "ns/op", stats.Lower}, {"go", "MB/s", stats.Higher},
		{"catch2", "ns", stats.Lower}, {"jmh", "ops/s", stats.Higher},
	} {
		assert.Equal(t, row.want, directionOf(row.tool, row.unit), "%s %s", row.tool, row.unit)
	}
}

func FuzzImportBenchmarkAction(f *testing.F) {
	f.Add(`window.BENCHMARK_DATA = {"entries": {"go": [{"commit": {"id": "a"}, "date": 1, "benches": [{"name": "x", "value": 1, "unit": "ns/op"}]}]}}`)
	f.Add(`{"entries": {"go": [{"benches": [{"value": -1e400}]}]}}`)
	f.Fuzz(func(t *testing.T, text string) { usable(t)(ImportBenchmarkAction("data.js", strings.NewReader(text))) })
}

// usable checks that what was read can be judged.
func usable(t *testing.T) func([]trend.Series, error) {
	return func(all []trend.Series, err error) {
		for _, s := range all {
			for _, v := range s.Values {
				assert.True(t, err != nil || v > 0, "a value of %v", v)
			}
			assert.LessOrEqual(t, len(s.Points), len(s.Values))
		}
	}
}

func FuzzAcknowledged(f *testing.F) {
	f.Add("series\tunit\tnight\treason\n# a comment\n")
	f.Add("\t\t\t\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, AcknowledgedFile), []byte(text), 0o600))
		all, err := Acknowledged(dir)
		for _, a := range all {
			assert.True(t, err != nil || a.Reason != "", "a change without a reason")
		}
	})
}

func FuzzPoint(f *testing.F) {
	f.Add(string(WithPairs(bench(1), "a", [][]byte{bench(1)}, [][]byte{bench(2)})))
	f.Add("pair: base\nBenchmarkX 1 0 ns/op\npair: head\nBenchmarkX 1 0 ns/op\n")
	f.Fuzz(func(t *testing.T, text string) {
		figures, err := parse("night", strings.NewReader(text))
		assert.True(t, err != nil || len(figures) > 0, "neither a figure nor an error")
	})
}
