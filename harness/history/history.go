// Package history keeps one Go benchmark file a night in a folder, and reads the series of
// figures that they hold.
//
// Files are only ever added. Their names sort by time: 2026-11-24T0215Z-3335091bd2a1.txt is
// the night of that time, measured on that revision.
package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/nameplate-dev/nameplate/harness/trend"
)

// layout is the form of the time in a file's name.
const layout = "2006-01-02T1504Z"

var named = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}T\d{4}Z)-([0-9A-Za-z]{1,40})\.txt$`)

// AcknowledgedFile is the file of a history that lists changes which are known: a line each, with
// series, unit, night and reason, separated by tabs.
const AcknowledgedFile = "acknowledged.tsv"

// Night is one file of a history.
type Night struct {
	Time     time.Time
	Revision string // short; "unknown" where the build had none
	File     string
}

// Name is what the night is called in reports.
func (n Night) Name() string { return n.Time.UTC().Format("2006-01-02 15:04") + " " + n.Revision }

// Errors of a history.
var (
	ErrEmpty  = errors.New("no night in the history")
	ErrExists = errors.New("the night is in the history already")
)

// Add puts the bench file of a run into a history, beside and renamed.
func Add(dir string, at time.Time, revision string, bench []byte) (string, error) {
	revision = short(revision)
	name := filepath.Join(dir, at.UTC().Format(layout)+"-"+revision+".txt")
	if _, err := os.Stat(name); err == nil {
		return "", fmt.Errorf("add to the history: %s: %w", name, ErrExists)
	}
	if _, err := parse(name, bytes.NewReader(bench)); err != nil {
		return "", fmt.Errorf("add to the history: %w", err)
	}
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = os.WriteFile(name+".new", bench, 0o644)
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return "", fmt.Errorf("add to the history: %w", err)
	}
	return name, nil
}

// short is a revision as it stands in a file's name.
func short(revision string) string {
	revision = regexp.MustCompile(`[^0-9A-Za-z]`).ReplaceAllString(revision, "")
	if revision == "" {
		return "unknown"
	}
	return revision[:min(12, len(revision))]
}

// Nights lists the nights of a history, oldest first.
func Nights(dir string) ([]Night, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	var all []Night
	for _, e := range entries {
		parts := named.FindStringSubmatch(e.Name())
		if parts == nil {
			continue // a README, the acknowledged changes
		}
		at, err := time.Parse(layout, parts[1])
		if err != nil {
			return nil, fmt.Errorf("read the history: %s: the name is no time; allowed: %s", e.Name(), layout)
		}
		all = append(all, Night{at, parts[2], filepath.Join(dir, e.Name())})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrEmpty)
	}
	return all, nil
}

// figure is one value of a night.
type figure struct {
	name, unit string
	better     trend.Direction
	value      float64
}

// Read reads all series of a history: the median of a night's runs, for each benchmark and unit.
// A night without a value for a series leaves it out of that series. Figures that are ever 0 or
// less, such as a share of errors, make no ratios and are left out, and named.
func Read(dir string) (all []trend.Series, left []string, err error) {
	nights, err := Nights(dir)
	if err != nil {
		return nil, nil, err
	}
	b := builder{index: map[string]int{}}
	for _, n := range nights {
		f, err := os.Open(n.File)
		if err != nil {
			return nil, nil, fmt.Errorf("read the history: %w", err)
		}
		figures, err := parse(n.File, f)
		f.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("read the history: %w", err)
		}
		b.night(n.Name(), figures)
	}
	all, left = b.series()
	return all, left, nil
}

// parse reads one night: the median over the lines of a benchmark.
func parse(name string, in io.Reader) ([]figure, error) {
	r := benchfmt.NewReader(in, name)
	units := map[string]trend.Direction{"ns/op": trend.Lower, "sec/op": trend.Lower, "B/op": trend.Lower, "allocs/op": trend.Lower, "MB/s": trend.Higher, "B/s": trend.Higher}
	type key struct{ name, unit string }
	var order []key
	values := map[key][]float64{}
	for r.Scan() {
		switch record := r.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, record
		case *benchfmt.UnitMetadata:
			if record.Key == "better" {
				units[record.OrigUnit] = map[string]trend.Direction{"higher": trend.Higher, "lower": trend.Lower}[record.Value]
			}
		case *benchfmt.Result:
			for _, v := range record.Values {
				unit, value := v.OrigUnit, v.OrigValue
				if unit == "" {
					unit, value = v.Unit, v.Value
				}
				k := key{string(record.Name.Full()) + setting(record), unit}
				if values[k] == nil {
					order = append(order, k)
				}
				values[k] = append(values[k], value)
			}
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("%s: no benchmark line", name)
	}
	var all []figure
	for _, k := range order {
		all = append(all, figure{k.name, k.unit, units[k.unit], median(values[k])})
	}
	return all, nil
}

// apart are the configuration keys that make figures another series: they are of another
// machine or of other stores, and a difference is none of the system's.
var apart = []string{"goos", "goarch", "cpu", "cores", "provider-postgres", "provider-redis"}

// setting is what a result was measured on, to tell it apart from others of the same name;
// "" when the file does not say.
func setting(r *benchfmt.Result) string {
	var parts []string
	for _, key := range apart {
		if v := r.GetConfig(key); v != "" && v != "none" {
			parts = append(parts, v)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " [" + strings.Join(parts, ", ") + "]"
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// builder collects series over nights.
type builder struct {
	index map[string]int
	all   []trend.Series
}

func (b *builder) night(name string, figures []figure) {
	for _, f := range figures {
		key := f.name + "\x00" + f.unit
		i, ok := b.index[key]
		if !ok {
			i = len(b.all)
			b.index[key] = i
			b.all = append(b.all, trend.Series{Name: f.name, Unit: f.unit, Better: f.better})
		}
		s := &b.all[i]
		s.Values, s.Nights = append(s.Values, f.value), append(s.Nights, name)
	}
}

// series are those that ratios can be made of.
func (b *builder) series() (all []trend.Series, left []string) {
	for _, s := range b.all {
		if slices.ContainsFunc(s.Values, func(v float64) bool { return !(v > 0) || math.IsInf(v, 1) }) {
			left = append(left, s.Name+" "+s.Unit)
			continue
		}
		all = append(all, s)
	}
	return all, left
}

// Acknowledged reads the changes that are known; none when the history lists none.
func Acknowledged(dir string) ([]trend.Acknowledged, error) {
	text, err := os.ReadFile(filepath.Join(dir, AcknowledgedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the acknowledged changes: %w", err)
	}
	var all []trend.Acknowledged
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimRight(line, "\r"); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 4 || parts[3] == "" {
			return nil, fmt.Errorf("%s:%d: %d fields; allowed: series, unit, night and reason, separated by tabs", filepath.Join(dir, AcknowledgedFile), i+1, len(parts))
		}
		all = append(all, trend.Acknowledged{Series: parts[0], Unit: parts[1], Night: parts[2], Reason: parts[3]})
	}
	return all, nil
}

// ImportCSV reads a history of one series a column: the first names the night, the first row
// the series as "name" or "name unit". Lower is better unless the unit is a rate (it ends in /s).
func ImportCSV(name string, in io.Reader) ([]trend.Series, error) {
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", name, err)
	}
	if len(rows) < 2 || len(rows[0]) < 2 {
		return nil, fmt.Errorf("import %s: no values; allowed: a row of names, then one row a night", name)
	}
	var all []trend.Series
	for _, title := range rows[0][1:] {
		series, unit, _ := strings.Cut(title, " ")
		all = append(all, trend.Series{Name: series, Unit: unit, Better: direction(title)})
	}
	for i, row := range rows[1:] {
		for j, cell := range row[1:] {
			if cell == "" {
				continue // not measured that night
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
			if err != nil || !(v > 0) || math.IsInf(v, 1) {
				return nil, fmt.Errorf("import %s: line %d, column %d: %q; allowed: a number above 0", name, i+2, j+2, cell)
			}
			all[j].Values, all[j].Nights = append(all[j].Values, v), append(all[j].Nights, row[0])
		}
	}
	return all, nil
}

func direction(unit string) trend.Direction {
	if strings.HasSuffix(unit, "/s") || strings.HasSuffix(unit, "_per_s") {
		return trend.Higher
	}
	return trend.Lower
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
				better := direction(bench.Unit)
				if e.Tool == "customBiggerIsBetter" {
					better = trend.Higher
				}
				figures = append(figures, figure{bench.Name, bench.Unit, better, bench.Value})
			}
			b.night(time.UnixMilli(e.Date).UTC().Format("2006-01-02 15:04")+" "+short(e.Commit.ID), figures)
		}
	}
	all, _ := b.series()
	if len(all) == 0 {
		return nil, fmt.Errorf("import %s: %w", name, ErrEmpty)
	}
	return all, nil
}
