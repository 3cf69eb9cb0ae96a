package figures

import (
	"regexp"
	"strings"
)

// revision is what an abbreviated or whole git revision looks like.
var revision = regexp.MustCompile(`^[0-9a-f]{7,40}$`)

// Revision is the git revision at the end of a data point's name, e.g. of "2026-11-24 02:15 3335091bd2a1"; "" when it
// has none.
func Revision(point string) string {
	words := strings.Fields(Clean(point))
	if len(words) == 0 || !revision.MatchString(words[len(words)-1]) {
		return ""
	}
	return words[len(words)-1]
}

// CommitRange is the commits between two data points, as git log takes them; "" when a name has no revision.
func CommitRange(last, first string) string {
	from, to := Revision(last), Revision(first)
	if from == "" || to == "" {
		return ""
	}
	return from + ".." + to
}
