package flame

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// noise is how many standard deviations of the samples' difference a change must exceed. Samples are taken as Poisson
// distributed, of which the variance is the count.
const noise = 3

// Difference is how the processor time of a head differs from that of a base. All times are per request: the sides
// were seldom profiled for as many requests, and of shares every other one shrinks once a function grows.
type Difference struct {
	base, head side
	root       *pairOf
	hottest    float64 // the largest change of a frame, in nanoseconds per request
}

// side is a base or a head.
type side struct {
	all      Spent
	requests float64
}

// pairOf is a function on one call path, of both sides.
type pairOf struct {
	function   string
	base, head Spent // there and in what it calls
	heat       float64
	below      []*pairOf
}

// Diff compares two graphs, of which the requests are known.
func Diff(base, head *Graph) (*Difference, error) {
	if !(base.Requests > 0 && head.Requests > 0) {
		return nil, errors.New("compare profiles: it is not known how many requests were served; allowed: above 0")
	}
	d := &Difference{base: side{base.Root.All, base.Requests}, head: side{head.Root.All, head.Requests}}
	d.root = d.join(base.Root, head.Root)
	return d, nil
}

// join puts two frames of one function together, and those below them; one of the two may be nil.
func (d *Difference) join(base, head *Frame) *pairOf {
	p := &pairOf{}
	var order []string
	var belows [2]map[string]*Frame
	for i, f := range []*Frame{base, head} {
		if f == nil {
			continue
		}
		p.function, belows[i] = f.Function, f.index
		for _, b := range f.Below {
			order = append(order, b.Function)
		}
		*[]*Spent{&p.base, &p.head}[i] = f.All
	}
	slices.Sort(order)
	for _, name := range slices.Compact(order) {
		below := d.join(belows[0][name], belows[1][name])
		p.below, p.heat = append(p.below, below), max(p.heat, below.heat)
	}
	if change := math.Abs(d.change(p.base, p.head)); d.moved(p.base, p.head) {
		p.heat = max(p.heat, change)
		d.hottest = max(d.hottest, change)
	}
	return p
}

// per is a time per request.
func (s side) per(spent Spent) float64 { return spent.Nanoseconds / s.requests }

// change is head less base, in nanoseconds per request.
func (d *Difference) change(base, head Spent) float64 { return d.head.per(head) - d.base.per(base) }

// moved reports whether chance explains the difference badly.
func (d *Difference) moved(base, head Spent) bool {
	scale := d.base.requests / d.head.requests // as if the head had served as many
	return math.Abs(head.Samples*scale-base.Samples) > noise*math.Sqrt(base.Samples+head.Samples*scale*scale)
}

// byHeat are the frames below this one, those with the hottest change first.
func (p *pairOf) byHeat() []*pairOf {
	return slices.SortedFunc(slices.Values(p.below), func(a, b *pairOf) int {
		return cmp.Or(cmp.Compare(b.heat, a.heat), cmp.Compare(b.head.Nanoseconds, a.head.Nanoseconds),
			cmp.Compare(b.base.Nanoseconds, a.base.Nanoseconds), cmp.Compare(a.function, b.function))
	})
}

// Place is where processor time was spent: in a function, on the way through the program's own code.
type Place struct {
	Function string
	Under    string // the innermost function of the program's own module on the way there, itself included; "" for none
}

// Change is a place where the head spends more or less time than the base.
type Change struct {
	Place
	Base, Head float64 // nanoseconds per request
}

// Change is head less base, in nanoseconds per request.
func (c Change) Change() float64 { return c.Head - c.Base }

// Changes are the places of two graphs whose difference chance explains badly, the hottest change first, most of them
// at most. module is the import path of the program's own code.
func Changes(base, head *Graph, module string, most int) ([]Change, error) {
	d, err := Diff(base, head)
	if err != nil {
		return nil, err
	}
	var spent [2]map[Place]Spent
	places := map[Place]bool{}
	for i, g := range []*Graph{base, head} {
		spent[i] = map[Place]Spent{}
		for _, role := range g.Root.Below {
			role.places(spent[i], module, "")
		}
		for place := range spent[i] {
			places[place] = true
		}
	}
	var all []Change
	for place := range places {
		if b, h := spent[0][place], spent[1][place]; d.moved(b, h) {
			all = append(all, Change{place, d.base.per(b), d.head.per(h)})
		}
	}
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Change()), math.Abs(a.Change())), cmp.Compare(a.Function, b.Function),
			cmp.Compare(a.Under, b.Under))
	})
	return all[:min(most, len(all))], nil
}

// places adds up what was spent at the places of this frame, which is called by one of the module's, and those below.
func (f *Frame) places(into map[Place]Spent, module, under string) {
	for _, b := range f.Below {
		within := under
		if kindOf(b.Function, module) == ofModule {
			within = b.Function
		}
		if b.Self.Samples > 0 {
			place := Place{b.Function, within}
			into[place] = into[place].plus(b.Self)
		}
		b.places(into, module, within)
	}
}
