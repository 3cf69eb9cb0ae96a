package comment_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/comment"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/markdown"
)

func of(t testing.TB, run *archive.Run) *figures.Report {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	return r
}

func TestAMarkerIsOneCommentOfHTML(t *testing.T) {
	for name, want := range map[string]string{
		"banking":                   "<!-- nameplate: banking -->",
		"a --> <script>--\n\x00b":   "<!-- nameplate: a-script-b -->",
		"--":                        "<!-- nameplate:  -->",
		"ünï v1.2_x":                "<!-- nameplate: n-v1.2_x -->",
		strings.Repeat("long", 100): "<!-- nameplate: " + strings.Repeat("long", 25)[:99] + "… -->",
	} {
		assert.Equal(t, want, comment.Marker(name))
	}
}

// later is the sample run, made again by another run, in which change says what differs.
func later(change func(run *archive.Run)) *archive.Run {
	run := archivetest.Sample(1)
	run.ID = "20261124T201500Z-000000"
	change(run)
	return run
}

func TestOnlySubstanceIsAChange(t *testing.T) {
	effort.NoGoroutines(t)
	body := comment.Body(of(t, archivetest.Sample(1)))
	p99 := 1 // the place of the claim on the p99
	shift := func(run *archive.Run, factor float64) {
		r := &run.Results[p99]
		for i := range r.Measured {
			r.Measured[i] *= factor
		}
	}
	for name, c := range map[string]struct {
		change func(run *archive.Run)
		same   bool
	}{
		"another run with the same figures": {func(*archive.Run) {}, true},
		"figures within the interval":       {func(run *archive.Run) { shift(run, 1.05) }, true},
		"figures beyond the interval":       {func(run *archive.Run) { shift(run, 3) }, false},
		"another verdict": {
			func(run *archive.Run) { run.Results[p99].Verdict = judge.Refuted }, false,
		},
		"another bound":                       {func(run *archive.Run) { run.Results[p99].Value = 7 }, false},
		"a figure that is not known any more": {func(run *archive.Run) { run.Results[p99].Measured = nil }, false},
		"a figure that is no number": {
			func(run *archive.Run) { run.Results[p99].Measured = []float64{math.NaN()} }, false,
		},
		"a claim less":        {func(run *archive.Run) { run.Results = run.Results[1:] }, false},
		"another exit status": {func(run *archive.Run) { run.ExitStatus = 3 }, false},
		"a failure":           {func(run *archive.Run) { run.Failure = "no room" }, false},
		"another suite":       {func(run *archive.Run) { run.Suite.Name = "other" }, false},
		"another title alone": {func(run *archive.Run) { run.Suite.Title = "other" }, true},
		"other notes, another host": {
			func(run *archive.Run) { run.Notes, run.Host.Kernel = []string{"x"}, "7" }, true,
		},
	} {
		assert.Equal(t, c.same, comment.Same(body, of(t, later(c.change))), name)
	}
	again := archivetest.Sample(1)
	shift(again, 3) // as when the rules of judging read an archive otherwise
	assert.True(t, comment.Same(body, of(t, again)), "the same archive")
	crlf := bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
	assert.True(t, comment.Same(append(crlf, '\n'), of(t, archivetest.Sample(1))), "GitHub may change the line ends")
}

func TestABodyThatSaysNothingIsAChange(t *testing.T) {
	r := of(t, archivetest.Sample(1))
	body := string(comment.Body(r))
	marker := comment.Marker(r.Run.Suite.Name)
	for _, earlier := range []string{
		"", "x", marker, marker + "\n<!-- nameplate-state: ", marker + "\n<!-- nameplate-state: ! -->",
		marker + "\n<!-- nameplate-state: AAAA -->", "x" + body, body[:len(body)-20],
		strings.Replace(body, "nameplate-state: H4", "nameplate-state: I4", 1),
	} {
		assert.False(t, comment.Same([]byte(earlier), r), earlier)
	}
	assert.True(t, comment.Same([]byte(body), r))
}

func TestABodyFitsAComment(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Overloaded(1)
	like := run.Results[0]
	for i := range 5000 {
		like.Claim = fmt.Sprintf("%x @someone --> #%d %s", i*i*7919, i, strings.Repeat("|", 300))
		run.Results = append(run.Results, like)
	}
	body := string(comment.Body(of(t, run)))
	assert.Less(t, len(body), markdown.CommentLimit)
	assert.True(t, strings.HasPrefix(body, comment.Marker(run.Suite.Name)+"\n"))
	assert.NotContains(t, body, "@someone")
	assert.NotContains(t, body, "nameplate-state", "a state that is too long is left out")
	assert.False(t, comment.Same([]byte(body), of(t, run)), "so a further run says something new")
	assert.Equal(t, 1, strings.Count(body, "-->"), "the marker's end is the only one")
}

func FuzzSame(f *testing.F) {
	r := of(f, archivetest.Sample(1))
	body := comment.Body(r)
	f.Add(body)
	f.Add(body[:len(body)/2])
	f.Add([]byte(comment.Marker(r.Run.Suite.Name) + "\n<!-- nameplate-state: H4sI -->"))
	f.Fuzz(func(t *testing.T, earlier []byte) {
		if comment.Same(earlier, r) {
			assert.Contains(t, string(earlier), comment.Marker(r.Run.Suite.Name))
		}
	})
}
