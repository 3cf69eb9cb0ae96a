package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sample = `{"Action":"run","Package":"m/a","Test":"TestGood"}
{"Action":"output","Package":"m/a","Test":"TestGood","Output":"--- PASS: TestGood (0.00s)\n"}
{"Action":"pass","Package":"m/a","Test":"TestGood","Elapsed":0}
{"Action":"output","Package":"m/a","Test":"TestGone","Output":"    a_test.go:7: no node: not installed\n"}
{"Action":"output","Package":"m/a","Test":"TestGone","Output":"--- SKIP: TestGone (0.00s)\n"}
{"Action":"skip","Package":"m/a","Test":"TestGone","Elapsed":0}
{"Action":"output","Package":"m/a","Output":"coverage: 69.9% of statements\n"}
{"Action":"pass","Package":"m/a","Elapsed":1.5}
{"Action":"output","Package":"m/b","Test":"TestGood","Output":"--- PASS: TestGood (0.00s)\n"}
{"Action":"pass","Package":"m/b","Test":"TestGood","Elapsed":0}
{"Action":"output","Package":"m/b","Output":"coverage: 70.0% of statements in ./...\n"}
{"Action":"pass","Package":"m/b","Elapsed":0.5}
`

// tallied is what is printed for events, and how it ends.
func tallied(t *testing.T, events string, floor float64, of ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	sum, err := read(strings.NewReader(events), &out)
	require.NoError(t, err)
	err = sum.print(&out, floor, of)
	return out.String(), err
}

func TestTestsAreCountedAndSkipsSayWhy(t *testing.T) {
	out, err := tallied(t, sample, 0)
	require.NoError(t, err)
	assert.Contains(t, out, "ran           2\npassed        2\nfailed        0\nskipped       1\n")
	assert.Contains(t, out, "       1 no node: not installed\n")
}

func TestAFloorHoldsForTheNamedPackages(t *testing.T) {
	_, err := tallied(t, sample, 70, "b")
	assert.NoError(t, err)
	_, err = tallied(t, sample, 70, "a", "b")
	assert.EqualError(t, err, "coverage below 70 %: a 69.9 %")
	_, err = tallied(t, sample, 70, "b", "renamed")
	assert.EqualError(t, err, "coverage below 70 %: renamed was not tested")
}

func TestWhatFailsIsShownAndEndsWithAnError(t *testing.T) {
	out, err := tallied(t,
		sample+`{"Action":"output","Package":"m/c","Test":"TestBad","Output":"    c_test.go:1: broken\n"}
{"Action":"fail","Package":"m/c","Test":"TestBad","Elapsed":0}
{"Action":"fail","Package":"m/c","Elapsed":1}
`, 0)
	assert.EqualError(t, err, "2 tests and packages failed")
	assert.Contains(t, out, "broken")
	assert.Contains(t, out, "FAILED m/c TestBad\n")
	out, err = tallied(t, `{"ImportPath":"m/d","Action":"build-output","Output":"d.go:1: undefined\n"}
{"ImportPath":"m/d","Action":"build-fail"}
{"Action":"fail","Package":"m/d","Elapsed":0,"FailedBuild":"m/d"}
`, 0)
	assert.EqualError(t, err, "1 tests and packages failed")
	assert.Contains(t, out, "d.go:1: undefined")
	_, err = tallied(t, "", 0)
	assert.EqualError(t, err, "no test was run")
}

func FuzzRead(f *testing.F) {
	f.Add(sample)
	f.Add(`{"Action":"fail","Package":"m/c","Test":"TestBad","Elapsed":1e308}` + "\n" +
		`{"Action":"build-output","Output":"x"}` + "\n")
	f.Add(
		"go: downloading\n{}\nnull\n" +
			`{"Action":"output","Package":"m/a","Output":"coverage: 1.2.3% of statements"}` + "\n" +
			`{"Action":"pass","Package":"m/a"}`,
	)
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		sum, err := read(strings.NewReader(text), &out)
		if err != nil {
			return
		}
		skipped := 0
		for _, tests := range sum.skipped {
			skipped += len(tests)
		}
		ended := 0
		for line := range strings.Lines(text) {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && slices.Contains([]string{"pass", "fail", "skip"}, e.Action) {
				ended++
			}
		}
		assert.Equal(t, ended, sum.passed+sum.failed+skipped+len(sum.packages), "each end counts once")
		for _, p := range sum.packages {
			assert.True(t, p.coverage == -1 || p.coverage >= 0, "%v", p)
		}
		err = sum.print(&out, 70, []string{"a"})
		if len(sum.bad) > 0 || len(sum.packages) == 0 {
			assert.Error(t, err)
		}
	})
}
