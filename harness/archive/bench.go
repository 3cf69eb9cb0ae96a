package archive

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// betterOf says which way a metric is better, in the words of the format; "" where builds are not compared by it.
func betterOf(m suite.Metric) string {
	switch {
	case m.Bench == "" || m.Undirected:
		return ""
	case m.Op == suite.AtLeast:
		return "higher"
	default:
		return "lower"
	}
}

// WriteBench writes the run's bench file: one line per finished trial in the Go benchmark format
// (golang.org/design/14313-benchmark-format), to be compared with benchstat. A value
// that was not measured is left out.
func WriteBench(w io.Writer, r *Run) error {
	b := bufio.NewWriter(w)
	writeBench(b, r)
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write bench file: %w", err)
	}
	return nil
}

func writeBench(w io.Writer, r *Run) {
	WriteBenchHead(w, r.Host)
	setting(w, "nameplate-run", r.ID)
	setting(w, "nameplate-version", r.Build.Nameplate)
	setting(w, "suite", r.Suite.Name)
	for _, p := range r.Phases {
		fmt.Fprintln(w)
		WriteBenchStores(w, p)
		for _, t := range p.Trials {
			if !t.Interrupted && t.Window != nil && t.Window.Sent > 0 {
				writeBenchLine(w, p, t)
			}
		}
	}
}

// WriteBenchHead writes what the lines of a bench file rest on: the machine, as
// configuration lines, and which way each unit is better. As with fmt.Fprint to a buffer,
// a writer that fails is its owner's to notice.
func WriteBenchHead(w io.Writer, host measure.Host) {
	setting(w, "goos", host.OS)
	setting(w, "goarch", host.Arch)
	setting(w, "cpu", host.CPUModel)
	setting(w, "kernel", host.Kernel)
	setting(w, "governor", host.Governor)
	setting(w, "cores", strconv.Itoa(host.Cores))
	for _, m := range suite.Metrics {
		if better := betterOf(m); better != "" {
			fmt.Fprintf(w, "Unit %s better=%s\n", m.Bench, better)
		}
	}
}

// WriteBenchStores writes what the stores of a phase ran on, as configuration lines that hold
// until the next ones: each store's provider with product and version, and the providers alone.
func WriteBenchStores(w io.Writer, p Phase) {
	var providers []string
	for _, on := range p.Providers {
		providers = append(providers, on.Provider)
	}
	slices.Sort(providers)
	setting(w, "provider", cmp.Or(strings.Join(slices.Compact(providers), "+"), "none"))
	for _, store := range suite.StoreKinds {
		setting(w, "provider-"+string(store), p.provider(store))
	}
}

// BenchFigure is one value of a bench file's line.
type BenchFigure struct {
	Unit  string // e.g. "p99-ns"
	Value float64
}

// BenchFigures are the values of one run, in the order of a bench file's line. What was not
// measured is left out.
func (p Phase) BenchFigures(t Trial) []BenchFigure {
	var all []BenchFigure
	evidence := t.evidence(p.Workers)
	for _, m := range suite.Metrics {
		if m.Bench == "" {
			continue
		}
		if v, ok := judge.Read(m, evidence); ok {
			all = append(all, BenchFigure{m.Bench, v * m.Factor()})
		}
	}
	return all
}

func writeBenchLine(w io.Writer, p Phase, t Trial) {
	fmt.Fprintf(w, "BenchmarkPhase/phase=%d/workers=%d/rate=%s %d", p.Number, p.Workers,
		strconv.FormatFloat(float64(p.Offered), 'f', -1, 64), t.Window.Sent)
	for _, f := range p.BenchFigures(t) {
		fmt.Fprintf(w, " %s %s", strconv.FormatFloat(f.Value, 'f', -1, 64), f.Unit)
	}
	fmt.Fprintln(w)
}

// setting writes a configuration line.
func setting(w io.Writer, key, value string) { fmt.Fprintf(w, "%s: %s\n", key, oneLine(value)) }

// provider names what a store of the phase ran on; "none" when the phase has no such
// store.
func (p Phase) provider(store suite.Store) string {
	for _, on := range p.Providers {
		if on.Store == store {
			return on.Provider + " " + on.Product + " " + on.Version
		}
	}
	return "none"
}

// oneLine makes a value fit a configuration line.
func oneLine(value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(value, "\uFFFD"))
	if value = strings.Join(strings.Fields(value), " "); value != "" {
		return value
	}
	return "unknown"
}
