package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// unjudged is the unit that differs between copies of one program, and is no better either way.
const unjudged = "B-rss/worker"

// bench runs this package's benchmarks as go test does and returns what they print.
func bench(ctx context.Context, pattern string, count int) ([]byte, error) {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$", "-test.bench="+pattern, "-test.benchtime=1x",
		fmt.Sprint("-test.count=", count), "-test.short")
	cmd.Env = append(os.Environ(), "NAMEPLATE_STORES=embedded")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s\n%s", err, text, problems.String())
	}
	return text, nil
}

func TestBenchstatReadsTheOutputAsItIs(t *testing.T) {
	effort.Measures(t)
	const pattern = "^BenchmarkPhase$/^phase=[13]$"
	dir := t.TempDir()
	text, err := bench(t.Context(), pattern, 2) // a second result stands right after the first
	require.NoError(t, err)
	for _, name := range []string{"old.txt", "new.txt"} { // what is asked is how they are read, not how they differ
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	assertRead(t, text)

	all, only, err := compare.Read([]compare.Input{{Name: "old.txt", Reader: bytes.NewReader(text)}},
		[]compare.Input{{Name: "new.txt", Reader: bytes.NewReader(text)}})
	require.NoError(t, err)
	assert.Empty(t, only)
	for _, s := range all {
		assert.Equal(t, s.Unit == unjudged, s.Better == stats.Neither, s.Unit)
	}

	table := benchstat(t, dir, "old.txt", "new.txt")
	for _, want := range []string{
		"old.txt", "new.txt", "vs base", "req/s", "p99-sec", "cpu-sec/req", "B-rss/worker", "B-own/worker",
		"provider: none", "provider: embedded", "kernel: ", "governor: ", "Phase/phase=1/workers=1/rate=100",
	} {
		assert.Contains(t, table, want)
	}
	byStore := benchstat(t, dir, "-filter", ".unit:req/s", "-col", "provider", "old.txt")
	assert.Contains(t, byStore, "embedded", "a column for each provider")
	assert.NotContains(t, byStore, "p99")
}

// assertRead checks what benchstat's own reader makes of an output of phases 1 and 3, each twice.
func assertRead(t *testing.T, output []byte) {
	t.Helper()
	reader := benchfmt.NewReader(bytes.NewReader(output), "old.txt")
	var results []*benchfmt.Result
	for reader.Scan() {
		if r, ok := reader.Result().(*benchfmt.Result); ok {
			results = append(results, r.Clone())
		}
	}
	require.NoError(t, reader.Err())
	require.Len(t, results, 4, "%s", output)
	for _, r := range results {
		for _, key := range []string{
			"goos", "goarch", "pkg", "cpu", "kernel", "governor", "cores", "provider", "provider-redis",
		} {
			assert.NotEmpty(t, r.GetConfig(key), key)
		}
		for _, v := range r.Values {
			if v.Unit == unjudged {
				continue
			}
			assert.NotZero(t, reader.Units().GetBetter(v.Unit), "benchstat is not told which way %s is better", v.Unit)
		}
	}
	assert.Equal(t, "none", results[0].GetConfig("provider"), "the first phase has no stores")
	assert.Equal(t, "embedded", results[3].GetConfig("provider"))
	assert.Equal(t, 1, reader.Units().GetBetter("req/s"))
	assert.Equal(t, -1, reader.Units().GetBetter("p99-sec"))
}

// benchstat runs the tool at the version that the module names.
func benchstat(t *testing.T, dir string, args ...string) string {
	t.Helper()
	for i, arg := range args {
		if filepath.Ext(arg) == ".txt" {
			args[i] = filepath.Base(arg) + "=" + filepath.Join(dir, arg)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"tool", "benchstat"}, args...)...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	require.NoError(t, err, problems.String())
	assert.NotContains(t, problems.String(), "benchmark", "benchstat complains about the input")
	return string(out)
}
