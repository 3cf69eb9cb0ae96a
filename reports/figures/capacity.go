package figures

import (
	"fmt"
	"strings"
)

// CapacityLines say what the search for the phase's capacity found, in a few lines; none
// when none was made.
func (p Phase) CapacityLines() []string {
	if p.Search == nil {
		return nil
	}
	tried := []string{}
	for _, t := range p.Search.Trials {
		tried = append(tried, Number(float64(t.Offered))+" "+Clean(t.Outcome))
	}
	found := p.Search.Found
	lines := []string{"not known"}
	switch {
	case found == nil:
	case found.AtMost:
		lines[0] = fmt.Sprintf("below %s req/s", Number(found.Capacity))
	case found.Capacity <= 0:
	case found.AtLeast:
		lines[0] = fmt.Sprintf("at least %s req/s, %s the documented rate", Number(found.Capacity),
			times(found.Capacity, p.Search.Start))
	default:
		interval := "no interval is known"
		if found.Level > 0 {
			interval = fmt.Sprintf("%s–%s with a chance of %s %%",
				Number(found.Low), Number(found.High), Number(100*found.Level))
		}
		lines[0] = fmt.Sprintf("%s req/s (%s), %s the documented rate", Number(found.Capacity), interval,
			times(found.Capacity, p.Search.Start))
	}
	if found != nil {
		lines[0] += "; " + Clean(found.Reason)
		if found.Known() {
			lines = append(lines, Clean(found.Bottleneck))
		}
	}
	return append(lines, "tried "+strings.Join(tried, ", "))
}

func times(v, of float64) string {
	if of <= 0 {
		return Unknown + " times"
	}
	return Number(v/of) + "×"
}
