package chart

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// worker is what one worker used over time, the median over the runs.
type worker struct {
	name        string
	cpu, memory times // in percent of one core, in MiB
	// cpuRuns and memoryRuns are those of each run.
	cpuRuns, memoryRuns []times
}

// usage shows the processor time and the memory of every worker.
func usage(p figures.Phase, footer footerFunc) Chart {
	workers := workersOf(p)
	cpu := usagePanel(p, "Processor time of each worker, % of one core", workers,
		func(w worker) (times, []times) { return w.cpu, w.cpuRuns })
	memory := usagePanel(p, "Resident memory of each worker, MiB", workers,
		func(w worker) (times, []times) { return w.memory, w.memoryRuns })
	memory.plot.X.Label.Text = secondsLabel
	limit := float64(p.MemoryLimit) / (1 << 20)
	limited := limit > 0 && !memory.empty && limit < 3*memory.plot.Y.Max
	if limited {
		memory.plot.Y.Max = max(memory.plot.Y.Max, limit*1.2)
		memory.paint(func(c draw.Canvas, pl *plot.Plot) { level(c, pl, dashed(boundRed, 1.4, 6, 3), limit) })
		memory.right = append(memory.right, note{limit, "limit " + figures.Memory(p.MemoryLimit), boundRed})
	} else if limit > 0 {
		memory.right = append(memory.right,
			note{memory.plot.Y.Max, "limit " + figures.Memory(p.MemoryLimit) + ", above", boundRed})
	}
	claim, claimed := claimOf(p, suite.OfProcessors)
	if claimed = claimed && !cpu.empty; claimed {
		cpu.plot.Y.Max = max(cpu.plot.Y.Max, claim.Bound*1.1)
		cpu.paint(func(c draw.Canvas, pl *plot.Plot) { level(c, pl, dashed(boundRed, 1.4, 1.5, 2), claim.Bound) })
		cpu.right = append(cpu.right, note{claim.Bound, "required of all " + figures.Documented(claim), boundRed})
	}
	about := "Each line is one worker, the median of " + figures.Plural(p.Counted(), "run") +
		"; band: smallest to largest of any worker and run; grey: warm-up."
	if peak, ok := p.Pool.Figure(suite.OfMemory); ok {
		about += fmt.Sprintf(" Largest worker of any run: %s MiB of %s allowed to each.", figures.Number(peak),
			figures.Memory(p.MemoryLimit))
	}
	if len(workers) > len(workerColors) {
		about += " Bold: the median of all workers."
	}
	if cpu.empty && memory.empty {
		about = "No run that counts recorded what its workers used."
	}
	return phaseChart(p, footer, "usage", foundUsage(p), about, 180, cpu, memory).
		with(usageTable(p, workers, usageBounds{limit, limited, claim, claimed}))
}

// usageBounds are the bounds that are drawn.
type usageBounds struct {
	limit   float64 // of memory, in MiB
	limited bool    // it is drawn
	claim   judge.Result
	claimed bool // on processor time
}

// usageTable is what the chart draws, as figures.
func usageTable(p figures.Phase, workers []worker, bounds usageBounds) ([]Column, [][]Cell) {
	s := sheet{x: Column{"time since the load began", "s"}}
	add := func(what, unit string, read func(worker) (times, []times)) {
		var lines, runs []times
		for _, w := range workers {
			middle, each := read(w)
			lines, runs = append(lines, middle), append(runs, each...)
		}
		every := thinning(lines)
		for i, w := range workers {
			s.line(w.name+", "+what, unit, lines[i].points(0, every))
		}
		if len(workers) > len(workerColors) {
			s.line("median, "+what, unit, medians(lines).points(0, every))
		}
		low, high := outer(runs)
		s.line(what+", smallest", unit, low.points(0, every))
		s.line(what+", largest", unit, high.points(0, every))
	}
	add("processor time", "% of one core", func(w worker) (times, []times) { return w.cpu, w.cpuRuns })
	add("memory", "MiB", func(w worker) (times, []times) { return w.memory, w.memoryRuns })
	if bounds.limited {
		s.level("memory limit of each", "MiB", bounds.limit)
	}
	if bounds.claimed {
		s.level("processor time required of all", string(bounds.claim.Unit), bounds.claim.Bound)
	}
	if start, _ := span(p); start > 0 && len(workers) > 0 {
		s.mark(start, "warm-up ends")
	}
	return s.table()
}

// workersOf reads the usage of each worker by name; a reading belongs to the second
// that it is nearest to.
func workersOf(p figures.Phase) []worker {
	type lines struct{ cpu, memory []times }
	byName := map[string]lines{}
	for _, r := range p.Runs {
		if !r.Counts() || r.Usage == nil {
			continue
		}
		for _, s := range r.Usage.Series {
			if s.Role != measure.RoleWorker || !s.Known || len(s.Points) == 0 {
				continue
			}
			cpu, memory := times{}, times{}
			for i, point := range s.Points {
				second := int(math.Round(float64(point.At) / float64(time.Second)))
				memory[second] = float64(point.RSS) / (1 << 20)
				if i > 0 { // the first reading has none before it
					cpu[second] = point.CPU * 100
				}
			}
			l := byName[s.Name]
			byName[s.Name] = lines{append(l.cpu, cpu), append(l.memory, memory)}
		}
	}
	var workers []worker
	for name, l := range byName {
		workers = append(workers, worker{figures.Clean(name), medians(l.cpu), medians(l.memory), l.cpu, l.memory})
	}
	slices.SortFunc(workers, func(a, b worker) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	return workers
}

// usagePanel draws one line a worker. Up to eight are told apart by colour and name; of
// more, the median is drawn bold and the rest thin.
func usagePanel(
	p figures.Phase, title string, workers []worker, read func(worker) (times, []times),
) *panel {
	pan := newPanel(title, "")
	start, end := span(p)
	var lines, runs []times
	for _, w := range workers {
		middle, each := read(w)
		lines, runs = append(lines, middle), append(runs, each...)
	}
	low, high := outer(runs)
	all := values(runs)
	zeroAxis(&pan.plot.Y, 1.25, all...)
	pan.plot.X.Min, pan.plot.X.Max = 0, end
	pan.empty = len(all) == 0
	every := thinning(lines)
	few := len(workers) <= len(workerColors)
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		shadeWindow(c, pl, start)
		band(c, pl, low.points(0, every), high.points(0, every))
		for i, l := range lines {
			style := line(lightBlue, 0.6)
			if few {
				style = line(workerColors[i], 1.5)
			}
			stroke(c, pl, style, l.points(0, every))
		}
		if !few {
			stroke(c, pl, line(blue, 2.2), medians(lines).points(0, every))
		}
	})
	noteAtEnd := func(l times, text string, tint color.Color) {
		if points := l.points(0, every); len(points) > 0 {
			pan.right = append(pan.right, note{points[len(points)-1].y, text, tint})
		}
	}
	switch {
	case alike(lines, pan.plot.Y.Max):
		noteAtEnd(medians(lines), fmt.Sprintf("all %d workers", len(lines)), ink)
	case few:
		for i, l := range lines {
			noteAtEnd(l, workers[i].name, workerColors[i])
		}
	default:
		noteAtEnd(medians(lines), fmt.Sprintf("median of %d", len(lines)), blue)
	}
	return pan
}

// alike reports whether three or more lines lie so close together, everywhere, that names
// beside them would tell nothing.
func alike(lines []times, axis float64) bool {
	if len(lines) < 3 {
		return false
	}
	low, high := outer(lines)
	for step := range low {
		if high[step]-low[step] > 0.1*axis {
			return false
		}
	}
	return len(low) > 0
}

// outer is the smallest and the largest value of lines at each step.
func outer(lines []times) (low, high times) {
	low, high = times{}, times{}
	for _, l := range lines {
		for step, v := range l {
			if was, ok := low[step]; !ok || v < was {
				low[step] = v
			}
			if was, ok := high[step]; !ok || v > was {
				high[step] = v
			}
		}
	}
	return low, high
}

// claimOf is the first claim on a figure of the phase; false when there is none.
func claimOf(p figures.Phase, f suite.Figure) (judge.Result, bool) {
	for _, r := range p.Results {
		if m, _ := suite.MetricByName(r.Metric); m.Figure == f && r.Over == 0 {
			return r, true
		}
	}
	return judge.Result{}, false
}
