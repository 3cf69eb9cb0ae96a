// Package hotspot tells in which functions two builds spend their processor time differently.
//
// It reads profiles in the format of pprof and runs nothing.
package hotspot

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Place is where processor time was spent.
type Place struct {
	Function string // that the processor was in, e.g. "runtime.mallocgc"
	Under    string // the innermost function of the watched module on the way there, itself included; "" for none
}

// Profile is the processor time of a build's processes, by place.
type Profile struct {
	Requests float64 // that were served meanwhile
	Samples  int64
	spent    map[Place]spent
}

type spent struct {
	samples     int64
	nanoseconds float64
}

// Read adds up the profiles of processes that served a number of requests together. module is the
// import path whose functions name the way to a place.
func Read(module string, requests float64, texts ...io.Reader) (*Profile, error) {
	if !(requests > 0) {
		return nil, fmt.Errorf("read profiles: %v requests were served; allowed: above 0", requests)
	}
	if len(texts) == 0 {
		return nil, errors.New("read profiles: there is none")
	}
	p := &Profile{Requests: requests, spent: map[Place]spent{}}
	for i, text := range texts {
		one, err := profile.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read profile %d: %w", i+1, err)
		}
		if err := p.add(one, module); err != nil {
			return nil, fmt.Errorf("read profile %d: %w", i+1, err)
		}
	}
	return p, nil
}

// add adds the samples of one process: of each, how often it was seen and for how long.
func (p *Profile) add(one *profile.Profile, module string) error {
	if len(one.SampleType) != 2 || one.SampleType[1].Unit != "nanoseconds" {
		return errors.New("it is no profile of processor time")
	}
	for _, s := range one.Sample {
		place := placeOf(s, module)
		sum := p.spent[place]
		p.spent[place] = spent{sum.samples + s.Value[0], sum.nanoseconds + float64(s.Value[1])}
		p.Samples += s.Value[0]
	}
	return nil
}

func placeOf(s *profile.Sample, module string) (place Place) {
	for _, location := range s.Location { // the innermost first
		for _, line := range location.Line {
			if line.Function == nil {
				continue
			}
			name := line.Function.Name
			if place.Function == "" {
				place.Function = name
			}
			if strings.HasPrefix(name, module) {
				place.Under = name
				return place
			}
		}
	}
	return place
}

// Change is a place at which the builds spend their processor time differently.
type Change struct {
	Place
	Base, Head float64 // nanoseconds per request
}

// noise is how many standard deviations of the samples' difference a change must exceed. The
// samples of a place are taken as Poisson distributed, of which the variance is the count.
const noise = 3

// Changes are the places where chance explains the difference badly, the largest difference first,
// most of them at most.
func Changes(base, head *Profile, most int) []Change {
	var all []Change
	places := maps.Clone(base.spent)
	maps.Copy(places, head.spent)
	for place := range places {
		b, h := base.spent[place], head.spent[place]
		scale := base.Requests / head.Requests // as if the head had served as many
		difference := math.Abs(float64(h.samples)*scale - float64(b.samples))
		if difference > noise*math.Sqrt(float64(b.samples)+float64(h.samples)*scale*scale) {
			all = append(all, Change{place, b.nanoseconds / base.Requests, h.nanoseconds / head.Requests})
		}
	}
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Head-b.Base), math.Abs(a.Head-a.Base)),
			cmp.Compare(a.Function, b.Function), cmp.Compare(a.Under, b.Under))
	})
	return all[:min(most, len(all))]
}
