package history

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
)

// Configuration keys of what was measured in turn: which side of the pairs the benchmarks that follow
// are of, and which revision the baseline is.
const (
	pairKey     = "pair"
	baselineKey = "baseline"
)

// The sides of pairs.
const (
	baseSide = "base"
	headSide = "head"
)

// errorUnit is the unit of a share of errors, in per cent.
const errorUnit = "error-%"

// ErrorFloor is added to a share of errors, in per cent, so that one of 0 has a ratio to another.
const ErrorFloor = 0.1

// enough is the number of data points from which on a series can be judged.
const enough = 10

// figure is one value of a data point.
type figure struct {
	name, unit string
	better     stats.Direction
	value      float64
}

// WithPairs is a data point's bench file followed by what was measured in turn on a baseline and on the data point's
// revision. Each pair of texts of base and head was measured next to one another.
func WithPairs(bench []byte, baseline string, base, head [][]byte) []byte {
	var b bytes.Buffer
	b.Write(bench)
	for side, texts := range [][][]byte{base, head} {
		for _, text := range texts {
			fmt.Fprintf(&b, "\n%s: %s\n%s: %s\n", baselineKey, short(baseline), pairKey,
				[2]string{baseSide, headSide}[side])
			b.Write(text)
		}
	}
	return b.Bytes()
}

// key tells the figures of a data point apart.
type key struct{ name, unit string }

// measured are a data point's values in the order of the file.
type measured struct {
	order  []key
	values map[key]map[string][]float64 // by side; "" for those that are no pairs
	units  map[string]stats.Direction
	base   map[key]string // revision of the baseline
}

// parse reads one data point: the median over the lines of a benchmark, and of pairs the median of
// their ratios.
func parse(name string, in io.Reader) ([]figure, error) {
	m := measured{
		values: map[key]map[string][]float64{}, base: map[key]string{},
		units: map[string]stats.Direction{
			"ns/op": stats.Lower, "sec/op": stats.Lower, "B/op": stats.Lower, "allocs/op": stats.Lower,
			"MB/s": stats.Higher, "B/s": stats.Higher,
		},
	}
	r := benchfmt.NewReader(in, name)
	for r.Scan() {
		switch record := r.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, record
		case *benchfmt.UnitMetadata:
			if record.Key == "better" {
				m.units[record.OrigUnit] = map[string]stats.Direction{
					"higher": stats.Higher, "lower": stats.Lower,
				}[record.Value]
			}
		case *benchfmt.Result:
			m.add(record)
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if len(m.order) == 0 {
		return nil, fmt.Errorf("%s: no benchmark line", name)
	}
	all := m.figures()
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: every pair has a value of 0", name)
	}
	return all, nil
}

func (m *measured) add(record *benchfmt.Result) {
	for _, v := range record.Values {
		unit, value := v.OrigUnit, v.OrigValue
		if unit == "" {
			unit, value = v.Unit, v.Value
		}
		if unit == errorUnit {
			value += ErrorFloor
		}
		k := key{string(record.Name.Full()) + setting(record), unit}
		if m.values[k] == nil {
			m.order, m.values[k] = append(m.order, k), map[string][]float64{}
		}
		side := record.GetConfig(pairKey)
		m.values[k][side] = append(m.values[k][side], value)
		if side == baseSide {
			m.base[k] = record.GetConfig(baselineKey)
		}
	}
}

func (m *measured) figures() (all []figure) {
	for _, k := range m.order {
		unit := k.unit
		if unit == errorUnit {
			unit = fmt.Sprintf("%s+%v", errorUnit, ErrorFloor)
		}
		if alone := m.values[k][""]; len(alone) > 0 {
			all = append(all, figure{k.name, unit, m.units[k.unit], stats.Median(alone)})
		}
		if ratios := ratios(m.values[k][baseSide], m.values[k][headSide]); len(ratios) > 0 {
			all = append(all, figure{k.name + against + m.base[k], unit, m.units[k.unit], stats.Median(ratios)})
		}
	}
	return all
}

// against stands between the name of a benchmark and the baseline that its figures are divided by.
const against = " / baseline "

// ratios are head over base of each pair; none of pairs that have none.
func ratios(base, head []float64) (all []float64) {
	for i := range min(len(base), len(head)) {
		if base[i] > 0 && head[i] > 0 {
			all = append(all, head[i]/base[i])
		}
	}
	return all
}

// preferRatios leaves out the series whose ratio to a baseline can be judged.
func preferRatios(all []trend.Series) []trend.Series {
	judged := map[key]bool{}
	for _, s := range all {
		if name, _, ok := strings.Cut(s.Name, against); ok && len(s.Values) >= enough {
			judged[key{name, s.Unit}] = true
		}
	}
	return slices.DeleteFunc(all, func(s trend.Series) bool { return judged[key{s.Name, s.Unit}] })
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

// builder collects series over data points.
type builder struct {
	index map[string]int
	all   []trend.Series
}

func (b *builder) point(name string, figures []figure) {
	for _, f := range figures {
		key := f.name + "\x00" + f.unit
		i, ok := b.index[key]
		if !ok {
			i = len(b.all)
			b.index[key] = i
			b.all = append(b.all, trend.Series{Name: f.name, Unit: f.unit, Better: f.better})
		}
		s := &b.all[i]
		s.Values, s.Points = append(s.Values, f.value), append(s.Points, name)
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
