package archive

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
)

// Explain explains the verdict on the claim of an ID, in the phase that it is made about.
func (r *Run) Explain(id string) (judge.Explanation, error) {
	var ids []string
	for _, p := range r.Parsed.Phases {
		in := r.Input(p)
		e, err := judge.Explain(in, id)
		if !errors.Is(err, judge.ErrNoClaim) {
			return e, err
		}
		for _, c := range in.Claims {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return judge.Explanation{}, fmt.Errorf("the run has no claim %q; allowed: %s", id, strings.Join(ids, ", "))
}
