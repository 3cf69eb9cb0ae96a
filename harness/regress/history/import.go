package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
)

// ImportCSV reads a history of one series a column: the first names the data point, the first row
// the series as "name" or "name unit". Lower is better unless the unit is a rate (it ends in /s, /sec or _per_s).
func ImportCSV(name string, in io.Reader) ([]trend.Series, error) {
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", name, err)
	}
	if len(rows) < 2 || len(rows[0]) < 2 {
		return nil, fmt.Errorf("import %s: no values; allowed: a row of names, then one row per data point", name)
	}
	var all []trend.Series
	for _, title := range rows[0][1:] {
		series, unit, _ := strings.Cut(title, " ")
		all = append(all, trend.Series{Name: series, Unit: unit, Better: direction(title)})
	}
	for i, row := range rows[1:] {
		for j, cell := range row[1:] {
			if cell == "" {
				continue // without a value of this series
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
			if err != nil || !(v > 0) || math.IsInf(v, 1) {
				return nil, fmt.Errorf("import %s: line %d, column %d: %q; allowed: a number above 0", name, i+2, j+2,
					cell)
			}
			all[j].Values, all[j].Points = append(all[j].Values, v), append(all[j].Points, row[0])
		}
	}
	return all, nil
}

func direction(unit string) stats.Direction {
	if strings.HasSuffix(unit, "/s") || strings.HasSuffix(unit, "/sec") || strings.HasSuffix(unit, "_per_s") {
		return stats.Higher
	}
	return stats.Lower
}

// ImportBenchmarkAction reads the data.js of github-action-benchmark: an assignment of one JSON object.
func ImportBenchmarkAction(name string, in io.Reader) ([]trend.Series, error) {
	text, err := io.ReadAll(io.LimitReader(in, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", name, err)
	}
	at := bytes.IndexByte(text, '{')
	if at < 0 {
		return nil, fmt.Errorf("import %s: no JSON object in it; allowed: window.BENCHMARK_DATA = {…}", name)
	}
	var data struct {
		Entries map[string][]struct {
			Commit  struct{ ID string }
			Date    int64 // ms
			Tool    string
			Benches []struct {
				Name  string
				Value float64
				Unit  string
			}
		}
	}
	if err := json.NewDecoder(bytes.NewReader(text[at:])).Decode(&data); err != nil {
		return nil, fmt.Errorf("import %s: %w", name, err)
	}
	b := builder{index: map[string]int{}}
	var groups []string
	for group := range data.Entries {
		groups = append(groups, group)
	}
	slices.Sort(groups)
	for _, group := range groups {
		for _, e := range data.Entries[group] {
			var figures []figure
			for _, bench := range e.Benches {
				figures = append(figures, figure{bench.Name, bench.Unit, directionOf(e.Tool, bench.Unit), bench.Value})
			}
			b.point(time.UnixMilli(e.Date).UTC().Format("2006-01-02 15:04")+" "+short(e.Commit.ID), figures)
		}
	}
	all, _ := b.series()
	if len(all) == 0 {
		return nil, fmt.Errorf("import %s: %w", name, ErrEmpty)
	}
	return all, nil
}

// directionOf is which way a figure of a tool is better: as the tool says, else by its unit, of which
// the action writes "ops/sec" (benchmark.js), "iter/sec" (pytest) and "ns/iter" (cargo).
func directionOf(tool, unit string) stats.Direction {
	switch tool {
	case "customBiggerIsBetter", "benchmarkjs", "pytest":
		return stats.Higher
	case "customSmallerIsBetter", "cargo", "benchmarkdotnet", "benchmarkluau":
		return stats.Lower
	}
	return direction(unit)
}
