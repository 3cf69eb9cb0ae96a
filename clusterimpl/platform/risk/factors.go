package risk

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

//go:embed data/us-employment.csv
var employment []byte

// factorSeries holds the monthly returns of each factor, oldest first.
type factorSeries struct {
	names   []string // in alphabetical order
	returns map[string][]float64
	months  int // number of returns of each factor
}

// series reads the embedded file once. The file is part of the program, so that a fault in
// it is one of the program.
var series = sync.OnceValue(func() factorSeries {
	s, err := readSeries(employment)
	if err != nil {
		panic(err)
	}
	return s
})

// Factors are the factors that a position may be exposed to, in alphabetical order.
func Factors() []string { return slices.Clone(series().names) }

// readSeries reads a table of levels, months by groups, and returns their relative changes.
// The column nonfarm_change is left out: it is a difference, not a level.
func readSeries(data []byte) (factorSeries, error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return factorSeries{}, fmt.Errorf("read the factors: %w", err)
	}
	if len(rows) < 3 {
		return factorSeries{}, fmt.Errorf("read the factors: %d lines, allowed: a header and at least two months",
			len(rows))
	}
	s := factorSeries{returns: map[string][]float64{}, months: len(rows) - 2}
	for column, name := range rows[0] {
		if name == "month" || name == "nonfarm_change" {
			continue
		}
		before := 0.0
		for i, row := range rows[1:] {
			level, err := strconv.ParseFloat(row[column], 64)
			if err != nil || !(level > 0) {
				return factorSeries{}, fmt.Errorf("read the factors: line %d, %s: %q is not a level", i+2, name,
					row[column])
			}
			if i > 0 {
				s.returns[name] = append(s.returns[name], level/before-1)
			}
			before = level
		}
		s.names = append(s.names, name)
	}
	slices.Sort(s.names)
	return s, nil
}
