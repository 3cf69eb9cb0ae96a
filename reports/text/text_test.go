package text

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

func written(t *testing.T, run *archive.Run, o Options) string {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, Write(&b, r, o))
	return b.String()
}

// mixed is a run with every verdict and everything else that a report may have to say.
func mixed(t *testing.T) *archive.Run {
	t.Helper()
	run := archivetest.Sample(1, 2, 3)
	bad := archivetest.Overloaded(2)
	run.Phases[1] = bad.Phases[0]
	run.Phases[2].Trials = run.Phases[2].Trials[:4]
	run.Phases[2].Trials[1].Faults = []string{"store postgres fell over"}
	run.Phases[2].Trials[3].Interrupted = true
	run.Interrupted = true
	run.Host.Cores = 1
	for i := range run.Parsed.Claims {
		if run.Parsed.Claims[i].ID == "P3.memory" {
			run.Parsed.Claims[i].Needs.Cores = 16
		}
	}
	require.NoError(t, run.Judge())
	return run
}

func TestAProfiledPhaseNamesItsHottestFunctions(t *testing.T) {
	got := written(t, archivetest.Profiled(archivetest.Sample(2)), Options{Width: 200})
	assert.Regexp(t, `profile +platform\.\(\*Platform\)\.risk 41\.0 %, `, got)
}

func TestReportsReadAsTheyDid(t *testing.T) {
	effort.NoGoroutines(t)
	for name, run := range map[string]*archive.Run{"verified": archivetest.Sample(), "mixed": mixed(t)} {
		for _, o := range []Options{{80, false}, {100, false}, {140, false}, {80, true}, {100, true}, {140, true}} {
			kind := "plain"
			if o.Color {
				kind = "color"
			}
			file := fmt.Sprintf("%s-%d-%s.txt", name, o.Width, kind)
			t.Run(file, func(t *testing.T) {
				golden.Equal(t, filepath.Join("testdata", file), []byte(written(t, run, o)))
			})
		}
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestColourChangesNoCharacter(t *testing.T) {
	effort.NoGoroutines(t)
	run := mixed(t)
	for _, width := range []int{60, 80, 133} {
		assert.Equal(t, written(t, run, Options{width, false}),
			escapes.ReplaceAllString(written(t, run, Options{width, true}), ""))
	}
	assert.NotContains(t, written(t, run, Options{80, false}), "\x1b")
}

func TestNoLineIsLongerThanTheTerminal(t *testing.T) {
	effort.NoGoroutines(t)
	long := archivetest.Sample(2)
	long.Suite.Title = strings.Repeat("大きさ ", 80)
	long.Host.CPUModel = strings.Repeat("w", 500)
	long.Notes = []string{strings.Repeat("note ", 200)}
	for i := range long.Results {
		long.Results[i].Claim = strings.Repeat("claim-without-end", 5)
		long.Results[i].Measured = []float64{1e14, 2e14, 123456789012345}
		long.Results[i].Verdict = judge.Inconclusive
		long.Results[i].Reasons, long.Results[i].Whys = nil, nil
		long.Results[i].Because(judge.Why{Code: judge.WhyTally, Text: strings.Repeat("because ", 100)})
	}
	for name, run := range map[string]*archive.Run{"mixed": mixed(t), "long texts": long, "nothing": {}} {
		t.Run(name, func(t *testing.T) {
			for width := 60; width <= 200; width += effort.Of(19, 7, 1) {
				for _, l := range strings.Split(written(t, run, Options{Width: width}), "\n") {
					require.LessOrEqual(t, columns(l), width, "%q", l)
					require.Equal(t, strings.TrimRight(l, " "), l, "no spaces at the end")
				}
			}
		})
	}
	assert.Equal(t, written(t, mixed(t), Options{Width: 80}), written(t, mixed(t), Options{}),
		"80 columns where the width is not known")
	assert.Equal(t, written(t, mixed(t), Options{Width: 200}), written(t, mixed(t), Options{Width: 9999}))
}

func TestControlCharactersNeverReachTheTerminal(t *testing.T) {
	effort.NoGoroutines(t)
	run := mixed(t)
	evil := "\x1b]0;owned\x07\x1b[2J\r\n\u202e\u009b31m\x00"
	run.ID, run.Suite.Title, run.Suite.Name, run.Suite.File = evil, evil, evil, evil
	run.Failure, run.Host.CPUModel = evil, evil
	run.Build.Nameplate, run.Build.Revision, run.Notes = evil, evil, []string{evil}
	for p := range run.Phases {
		run.Phases[p].Name = evil
		for i := range run.Phases[p].Providers {
			run.Phases[p].Providers[i].Version, run.Phases[p].Providers[i].Notes = evil, []string{evil}
		}
		for i := range run.Phases[p].Trials {
			run.Phases[p].Trials[i].Faults = []string{evil}
			for e := range run.Phases[p].Trials[i].Window.Errors {
				run.Phases[p].Trials[i].Window.Errors[e].Message = evil
			}
		}
	}
	require.NoError(t, run.Judge())
	for i := range run.Results {
		run.Results[i].Claim, run.Results[i].Reasons = evil, []string{evil}
	}
	for _, r := range written(t, run, Options{Width: 100}) {
		require.False(t, r != '\n' && (r < 0x20 || r >= 0x7f && r < 0xa0) || r == 0x202e, "%q", r)
	}
}

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	r, err := figures.Of(archivetest.Sample(1))
	require.NoError(t, err)
	assert.ErrorContains(t, Write(full{}, r, Options{}), "write report: no space left")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "≥ 1×": 4, "大きさ": 6, "e\u0301": 1, "✅": 2, "5.9–7": 5, "µs": 2,
	} {
		assert.Equal(t, want, columns(s), s)
	}
}

func TestWrap(t *testing.T) {
	for name, row := range map[string]struct {
		in    string
		width int
		want  []string
	}{
		"nothing is one empty line":        {"", 10, []string{""}},
		"words stay whole":                 {"one two three", 8, []string{"one two", "three"}},
		"a word that fits exactly":         {"1234 5678", 4, []string{"1234", "5678"}},
		"a long word is broken":            {"a 123456789", 4, []string{"a", "1234", "5678", "9"}},
		"wide characters take two columns": {"大きさ", 4, []string{"大き", "さ"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, row.want, wrap(row.in, row.width)) })
	}
	assert.Equal(t, []string{"one", "two …"}, shorten([]string{"one", "two", "three"}, 2, 6))
	assert.Equal(t, []string{"one", "tw …"}, shorten([]string{"one", "two", "three"}, 2, 4))
}
