// Package comment writes the body of a comment on a pull request. The body begins with a marker, by which a workflow
// finds the comment that it wrote before, and carries, hidden, what it said, so that a run that says nothing new can be
// told from one that does.
package comment

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/markdown"
)

const (
	stateBegins = "<!-- nameplate-state: "
	ends        = " -->"
	// mostState is how long the hidden state may be, in bytes; a longer one is left out, and then every run says
	// something new.
	mostState = 16 << 10
	// mostDecoded bounds what a hidden state is decompressed to, in bytes: anyone may have edited it.
	mostDecoded = 1 << 20
)

// Marker is the first line of the body: "<!-- nameplate: SUITE -->", where each character of the suite's name but
// letters, digits, dots and underscores is one "-", and a row of them is one.
func Marker(suite string) string {
	name := strings.Trim(unsafe.ReplaceAllString(figures.Clean(suite), "-"), "-")
	return "<!-- nameplate: " + figures.Shorten(name, 100) + ends
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9._]+`)

// Body is the body of the comment, in less than 65,536 bytes: the marker, the report as Markdown, and what it says.
func Body(r *figures.Report) []byte {
	head := Marker(r.Run.Suite.Name) + "\n"
	tail := ""
	if state := pack(stateOf(r)); len(state) <= mostState {
		tail = "\n" + stateBegins + state + ends + "\n"
	}
	return []byte(head + markdown.Text(r, markdown.CommentLimit-len(head)-len(tail)) + tail)
}

// Same reports whether the body of an earlier comment says what the report says: it is of the same run, or all
// verdicts are the same, and each figure is written the same or has an interval that overlaps the earlier one. A body
// that carries no state, or a state that cannot be read, says something else.
func Same(earlier []byte, r *figures.Report) bool {
	if !bytes.HasPrefix(bytes.TrimSpace(earlier), []byte(Marker(r.Run.Suite.Name))) {
		return false
	}
	was, ok := unpack(earlier)
	return ok && was.same(stateOf(r))
}

// state is what a comment says, as far as it matters.
type state struct {
	Run    string  `json:"run"`
	Exit   int     `json:"exit"`
	Failed string  `json:"failed,omitempty"`
	Claims []claim `json:"claims"`
}

// claim is what a comment says of one claim.
type claim struct {
	ID      string  `json:"id"`
	Bound   string  `json:"bound"` // as documented
	Verdict string  `json:"verdict"`
	Known   bool    `json:"known"` // it was measured
	Shown   string  `json:"shown"`
	Low     float64 `json:"low"` // smallest and largest run
	High    float64 `json:"high"`
}

func stateOf(r *figures.Report) state {
	s := state{Run: figures.Clean(r.Run.ID), Exit: r.Run.ExitStatus, Failed: figures.Clean(r.Run.Failure)}
	for _, result := range r.Run.Results {
		s.Claims = append(s.Claims, claimOf(result))
	}
	return s
}

func claimOf(r judge.Result) claim {
	c := claim{
		ID: figures.Clean(r.Claim), Bound: figures.Documented(r), Verdict: r.Verdict.String(),
		Shown: figures.Measured(r),
	}
	measured := slices.DeleteFunc(slices.Clone(r.Measured),
		func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	if len(measured) > 0 {
		c.Known, c.Low, c.High = true, slices.Min(measured), slices.Max(measured)
	}
	return c
}

func (s state) same(now state) bool {
	if s.Exit != now.Exit || s.Failed != now.Failed || len(s.Claims) != len(now.Claims) {
		return false
	}
	for i, was := range s.Claims {
		is := now.Claims[i]
		if was.ID != is.ID || was.Bound != is.Bound || was.Verdict != is.Verdict || was.Known != is.Known {
			return false
		}
		if s.Run != now.Run && was.Shown != is.Shown && (was.Low > is.High || is.Low > was.High) {
			return false
		}
	}
	return true
}

// pack writes a state so that nothing in it is markup.
func pack(s state) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	// Neither can fail: a state holds numbers and texts, and a buffer takes all.
	_ = json.NewEncoder(w).Encode(s)
	_ = w.Close()
	return base64.RawStdEncoding.EncodeToString(b.Bytes())
}

// unpack reads the state that a body carries; false when there is none.
func unpack(body []byte) (state, bool) {
	_, rest, ok := strings.Cut(string(body), stateBegins)
	packed, _, closed := strings.Cut(rest, ends)
	if !ok || !closed || len(packed) > mostState {
		return state{}, false
	}
	compressed, err := base64.RawStdEncoding.DecodeString(packed)
	if err != nil {
		return state{}, false
	}
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return state{}, false
	}
	var s state
	text, err := io.ReadAll(io.LimitReader(r, mostDecoded))
	return s, err == nil && json.Unmarshal(text, &s) == nil
}
