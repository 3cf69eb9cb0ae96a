package figures

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// endings are how warm-ups end, in the order in which they are told.
var endings = []struct {
	state warmup.State
	text  string
}{
	{warmup.Warm, "steady"},
	{warmup.Saturated, "saturated, the throughput stationary below the rate while requests piled up"},
	{warmup.Unsettled, "not steady by the longest warm-up"},
	{warmup.Fixed, "of a fixed length"},
}

// Steady are the times to the steady state of the phase's runs, from the start of the load, in rising order; of
// runs that came to one.
func (p Phase) Steady() []time.Duration {
	var all []time.Duration
	for _, r := range p.Runs {
		if r.Warm != nil && r.Warm.Steady > 0 {
			all = append(all, r.Warm.Steady)
		}
	}
	slices.Sort(all)
	return all
}

// WarmupLine says how the warm-ups of the phase's runs ended; "" when that was not recorded.
func (p Phase) WarmupLine() string {
	counts, known := map[warmup.State]int{}, 0
	for _, r := range p.Runs {
		if r.Warm != nil {
			counts[r.Warm.Ended]++
			known++
		}
	}
	if known == 0 {
		return ""
	}
	var parts []string
	for _, e := range endings {
		if n := counts[e.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d of %s %s", n, Plural(known, "run"), e.text))
		}
	}
	if all := p.Steady(); len(all) > 0 {
		parts = append(parts, fmt.Sprintf("steady %s s after the load began (%s–%s)",
			Number(all[len(all)/2].Seconds()), Number(all[0].Seconds()), Number(all[len(all)-1].Seconds())))
	}
	return strings.Join(parts, "; ")
}
