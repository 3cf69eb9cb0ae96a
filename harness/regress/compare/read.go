package compare

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// Sides are what the two builds of a comparison are called: side 0 and side 1.
var Sides = [2]string{"base", "head"}

// Input is a text in the Go benchmark format.
type Input struct {
	Name string // for errors
	io.Reader
}

// directions of units that say none themselves: those that Go's own benchmarks report.
var directions = map[string]stats.Direction{
	"sec/op": stats.Lower, "B/op": stats.Lower, "allocs/op": stats.Lower, "B/s": stats.Higher, "ns/op": stats.Lower,
	"MB/s": stats.Higher,
}

// ErrEmpty says that a text holds no benchmark.
var ErrEmpty = errors.New("no benchmark line")

// Read reads what base and head measured. Several texts of one side follow each other. Series
// that only one side has are left out, and named.
func Read(base, head []Input) (all []Series, only []string, err error) {
	index := map[string]int{}
	for side, inputs := range [][]Input{base, head} {
		found := false
		for _, in := range inputs {
			r := benchfmt.NewReader(in, in.Name)
			units := map[string]stats.Direction{}
			for r.Scan() {
				switch record := r.Result().(type) {
				case *benchfmt.SyntaxError:
					return nil, nil, fmt.Errorf("read benchmarks: %w", record)
				case *benchfmt.UnitMetadata:
					if record.Key == "better" {
						units[record.OrigUnit] = map[string]stats.Direction{
							"higher": stats.Higher, "lower": stats.Lower,
						}[record.Value]
						units[record.Unit] = units[record.OrigUnit]
					}
				case *benchfmt.Result:
					found = true
					add(&all, index, record, units, side)
				}
			}
			if err := r.Err(); err != nil {
				return nil, nil, fmt.Errorf("read benchmarks: %w", err)
			}
		}
		if !found {
			return nil, nil, fmt.Errorf("read benchmarks of the %s: %w", Sides[side], ErrEmpty)
		}
	}
	var both []Series
	for _, s := range all {
		if len(s.Base) == 0 || len(s.Head) == 0 {
			only = append(only, s.Benchmark+" "+s.Unit)
			continue
		}
		both = append(both, s)
	}
	return both, only, nil
}

// add appends the values of one line.
func add(all *[]Series, index map[string]int, r *benchfmt.Result, units map[string]stats.Direction, side int) {
	name := strings.TrimSpace(string(r.Name.Full()))
	for _, v := range r.Values {
		unit, value := v.OrigUnit, v.OrigValue
		if unit == "" {
			unit, value = v.Unit, v.Value
		}
		key := name + "\x00" + unit
		i, ok := index[key]
		if !ok {
			better, known := units[unit]
			if !known {
				better = directions[unit]
			}
			i = len(*all)
			index[key] = i
			*all = append(*all, Series{Benchmark: name, Unit: unit, Better: better})
		}
		s := &(*all)[i]
		if side == 0 {
			s.Base = append(s.Base, value)
		} else {
			s.Head = append(s.Head, value)
		}
	}
}
