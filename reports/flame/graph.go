// Package flame draws where processes spend their processor time as a flame graph, and how two builds differ in it.
//
// It reads profiles in the format of pprof and runs nothing. The same profiles give the same bytes.
package flame

import (
	"cmp"
	"fmt"
	"slices"
)

// Graph is the processor time of processes by call path.
type Graph struct {
	Requests float64 // that were served meanwhile; 0: not known
	Root     *Frame  // of all, without a name; below it one frame for each role
}

// Frame is a function on one call path.
type Frame struct {
	Function string
	All      Spent // there and in what it calls
	Self     Spent // in the function alone
	Below    []*Frame
	index    map[string]*Frame
}

// New is a graph without samples, of processes that served a number of requests together; 0 when that is not known.
func New(requests float64) *Graph { return &Graph{Requests: requests, Root: &Frame{}} }

// Add adds the stacks of one process, below a frame of its role.
func (g *Graph) Add(role string, stacks []Stack) {
	for _, s := range stacks {
		at := g.Root
		at.All = at.All.plus(s.Spent)
		at = at.below(role)
		at.All = at.All.plus(s.Spent)
		for _, name := range s.Frames {
			at = at.below(name)
			at.All = at.All.plus(s.Spent)
		}
		at.Self = at.Self.plus(s.Spent)
	}
}

// AddProfile adds the profile of one process, in the format of pprof.
func (g *Graph) AddProfile(role string, text []byte) error {
	stacks, err := Fold(text)
	if err != nil {
		return fmt.Errorf("%s: %w", role, err)
	}
	g.Add(role, stacks)
	return nil
}

// below is the frame of a function that this one calls.
func (f *Frame) below(name string) *Frame {
	if f.index == nil {
		f.index = map[string]*Frame{}
	}
	found, ok := f.index[name]
	if !ok {
		found = &Frame{Function: name}
		f.index[name], f.Below = found, append(f.Below, found)
	}
	return found
}

// byTime are the frames below this one, those with the most time first.
func (f *Frame) byTime() []*Frame {
	return slices.SortedFunc(slices.Values(f.Below), func(a, b *Frame) int {
		return cmp.Or(cmp.Compare(b.All.Nanoseconds, a.All.Nanoseconds), cmp.Compare(a.Function, b.Function))
	})
}

// Function is the processor time of a function over all its call paths.
type Function struct {
	Name string
	All  Spent // with what it calls; a recursive call counts once
	Self Spent
}

// Functions are all functions, those with the most time of their own first.
func (g *Graph) Functions() []Function {
	found := map[string]*Function{}
	for _, role := range g.Root.Below {
		for _, f := range role.Below {
			f.tell(found, map[string]bool{})
		}
	}
	var all []Function
	for _, f := range found {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b Function) int {
		return cmp.Or(cmp.Compare(b.Self.Nanoseconds, a.Self.Nanoseconds),
			cmp.Compare(b.All.Nanoseconds, a.All.Nanoseconds), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// tell adds the frame and those below it to the functions; within are those that it is called by.
func (f *Frame) tell(found map[string]*Function, within map[string]bool) {
	of := found[f.Function]
	if of == nil {
		of = &Function{Name: f.Function}
		found[f.Function] = of
	}
	of.Self = of.Self.plus(f.Self)
	recursive := within[f.Function]
	if !recursive {
		of.All = of.All.plus(f.All)
		within[f.Function] = true
	}
	for _, b := range f.Below {
		b.tell(found, within)
	}
	if !recursive {
		delete(within, f.Function)
	}
}

// names are the names of all functions of some frames and those below them.
func names(into map[string]bool, frames ...*Frame) {
	for _, f := range frames {
		into[f.Function] = true
		names(into, f.Below...)
	}
}
