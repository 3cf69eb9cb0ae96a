package archive

import (
	"github.com/nameplate-dev/nameplate/harness/usl"
)

// scalingSeed makes the intervals of a fit the same every time.
const scalingSeed = 1

// Scaling is the Universal Scalability Law fitted to the capacities that were found for the
// same work with different numbers of workers; nil when there are fewer than two, or no
// fit. Numbers of workers whose capacity is not known are projected.
func (r *Run) Scaling() *usl.Scaling {
	var measured []usl.Measured
	var project []int
	for _, p := range r.same() {
		switch found := p.Search.Found; {
		case found.Known():
			measured = append(measured,
				usl.Measured{Workers: p.Workers, Capacity: found.Capacity, AtLeast: found.AtLeast})
			if found.AtLeast {
				project = append(project, p.Workers)
			}
		default:
			project = append(project, p.Workers)
		}
	}
	if len(measured) < 2 {
		return nil
	}
	cores := float64(max(0, r.Host.Cores-1)) // one is the generator's
	s, err := usl.Scale(measured, project, usl.Options{Seed: scalingSeed, Cores: cores})
	if err != nil {
		return nil
	}
	return s
}

// same are the phases whose capacity was searched for under the same work and stores as that
// of the first of them, each number of workers once.
func (r *Run) same() []Phase {
	var all []Phase
	var first Phase
	seen := map[int]bool{}
	for _, p := range r.Phases {
		if p.Search == nil || seen[p.Workers] || r.Parsed == nil {
			continue
		}
		if len(all) == 0 {
			first = p
		}
		a, ok := r.Parsed.Phase(first.Number)
		b, known := r.Parsed.Phase(p.Number)
		if !ok || !known || !a.SameWork(b) {
			continue
		}
		seen[p.Workers] = true
		all = append(all, p)
	}
	return all
}
