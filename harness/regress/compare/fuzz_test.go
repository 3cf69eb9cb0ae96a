package compare

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"goos: linux\nUnit req/s better=higher\nBenchmarkPhase/phase=1 \t1\t 100 req/s\t 0.01 p99-sec\n",
		"BenchmarkA 1 2 ns/op\nBenchmarkA 1 3 ns/op 4 B/op\nBenchmarkB-8 7 1e3 MB/s\n", "BenchmarkA 1 NaN x\n",
		"Unit x better=sideways\nBenchmarkA 1 2 x\n", "BenchmarkA\n", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := func() []Input { return []Input{{"x.txt", strings.NewReader(text)}} }
		all, only, err := Read(in(), in())
		if err != nil {
			assert.ErrorContains(t, err, "read benchmarks")
			return
		}
		require.NotEmpty(t, all, "a line without a value is no benchmark")
		assert.Empty(t, only, "both sides have the same series")
		seen := map[string]bool{}
		for _, s := range all {
			assert.False(t, seen[s.Benchmark+"\x00"+s.Unit], "%s %s stands there twice", s.Benchmark, s.Unit)
			seen[s.Benchmark+"\x00"+s.Unit] = true
			require.Len(t, s.Head, len(s.Base))
			for i, v := range s.Base {
				assert.True(t, v == s.Head[i] || v != v, "%g and %g", v, s.Head[i])
			}
		}
		twice, _, err := Read(append(in(), in()...), in())
		require.NoError(t, err)
		require.Len(t, twice, len(all))
		for i, s := range twice {
			assert.Len(t, s.Base, 2*len(all[i].Base), "texts of one side follow each other")
		}
	})
}
