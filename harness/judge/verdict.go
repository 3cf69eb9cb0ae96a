package judge

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
)

// names are the verdicts as they are written, in rising precedence.
var names = [...]string{
	Verified: "verified", Untestable: "untestable", Inconclusive: "inconclusive", Invalid: "invalid",
	Refuted: "refuted",
}

// errNoVerdict says that a verdict has its zero value.
var errNoVerdict = errors.New("no verdict was reached")

// String is the verdict's name; "none" for the zero value.
func (v Verdict) String() string {
	if !v.known() {
		return "none"
	}
	return names[v]
}

// known reports whether v is one of the five verdicts.
func (v Verdict) known() bool { return v >= Verified && v <= Refuted }

// MarshalText encodes the verdict's name. The zero value is an error: what was never
// judged must not be read as an outcome.
func (v Verdict) MarshalText() ([]byte, error) {
	if !v.known() {
		return nil, fmt.Errorf("encode verdict %d: %w", int(v), errNoVerdict)
	}
	return []byte(names[v]), nil
}

// UnmarshalText decodes a verdict's name.
func (v *Verdict) UnmarshalText(text []byte) error {
	for i, name := range names {
		if name != "" && name == string(text) {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("decode verdict %q: allowed are %s", text, strings.Join(names[Verified:], ", "))
}

// Compose is the verdict on several claims together: the one that takes precedence,
// refuted > invalid > inconclusive > untestable > verified. A zero value among them
// counts as inconclusive, and so does composing nothing: no evidence is no pass.
func Compose(verdicts ...Verdict) Verdict {
	var worst Verdict
	for _, v := range verdicts {
		if !v.known() {
			v = Inconclusive
		}
		worst = max(worst, v)
	}
	if worst == 0 {
		return Inconclusive
	}
	return worst
}

// ExitCode is the exit status for one verdict: 0 verified, 1 refuted, 3 for all
// others. Untestable by itself is 3, since nothing was verified; see [Exit] for
// untestable claims among verified ones.
func ExitCode(v Verdict) int {
	switch v {
	case Verified:
		return exitcode.Verified
	case Refuted:
		return exitcode.Refuted
	default:
		return exitcode.NoVerdict
	}
}

// Exit is the exit status for several claims: that of the verdicts composed, leaving
// out those that this host cannot test. When no claim remains it is 3: a host that can
// test nothing has verified nothing.
func Exit(verdicts ...Verdict) int {
	var judged []Verdict
	for _, v := range verdicts {
		if v != Untestable {
			judged = append(judged, v)
		}
	}
	return ExitCode(Compose(judged...))
}
