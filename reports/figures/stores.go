package figures

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// StoreWork is what the stores did in the measurement windows of the runs that count, or of all where none does: counts
// and lengths summed, levels as at the end of the last run. A count that one of these runs does not tell is not known.
// False when no run recorded it.
func (p Phase) StoreWork() (measure.StoreWork, bool) {
	all := measure.StoreWork{Counts: map[string]float64{}, Levels: map[string]float64{}}
	var told []measure.StoreWork
	for _, r := range p.Runs {
		if !r.Counts() && p.Excluded == nil || r.Stores == nil {
			continue
		}
		w := r.Stores.Window
		told = append(told, w)
		all.End += w.End - w.Start
		for name, v := range w.Counts {
			all.Counts[name] += v
		}
		for name, v := range w.Levels {
			all.Levels[name] = v
		}
		all.Slowest = w.Slowest
		for _, u := range w.Unknown {
			if !slices.Contains(all.Unknown, u) {
				all.Unknown = append(all.Unknown, u)
			}
		}
	}
	maps.DeleteFunc(all.Counts, func(name string, _ float64) bool {
		return slices.ContainsFunc(told, func(w measure.StoreWork) bool { _, ok := w.Counts[name]; return !ok })
	})
	return all, len(told) > 0
}

// share is hits of hits and misses, from counts over all runs; false when neither is known.
func share(w measure.StoreWork, hits, misses string) (float64, bool) {
	h, ok := w.Counts[hits]
	m, known := w.Counts[misses]
	return h / (h + m), ok && known && h+m > 0
}

// StoreLines say what the stores did, a line each; none when nothing was recorded.
func (p Phase) StoreLines() []string {
	w, ok := p.StoreWork()
	if !ok {
		return nil
	}
	var lines []string
	line := func(store string, parts ...string) {
		parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
		if len(parts) > 0 {
			lines = append(lines, store+": "+strings.Join(parts, ", "))
		}
	}
	told := func(v float64, ok bool, unit string) string {
		if !ok {
			return ""
		}
		return Number(v) + " " + unit
	}
	rate := func(name, unit string, scale float64) string {
		v, ok := w.Rate(name)
		return told(v/scale, ok, unit)
	}
	level := func(name, unit string, scale float64) string {
		v, ok := w.Levels[name]
		return told(v/scale, ok, unit)
	}
	hit := func(hits, misses, what string) string {
		v, ok := share(w, hits, misses)
		return told(100*v, ok, "% "+what)
	}
	line("postgres", rate("postgres_commits", "commits/s", 1), rate("postgres_rows_inserted", "rows inserted/s", 1),
		hit("postgres_blocks_hit", "postgres_blocks_read", "of blocks from its cache"),
		rate("postgres_wal_bytes", "KiB WAL/s", 1<<10),
		level("postgres_connections", "connections", 1))
	line("redis", rate("redis_commands", "commands/s", 1), hit("redis_hits", "redis_misses", "hits"),
		level("redis_used_memory_bytes", "MiB used", 1<<20), rate("redis_evicted", "evictions/s", 1),
		level("redis_connections", "connections", 1))
	return lines
}

// StatementLines are the statements that took a database the longest, a line each, three at most.
func (p Phase) StatementLines() []string {
	w, _ := p.StoreWork()
	var lines []string
	for _, s := range w.Slowest[:min(3, len(w.Slowest))] {
		lines = append(lines, fmt.Sprintf("statement: %s × %s ms: %s", Count(uint64(max(0, s.Calls))), Number(s.Mean),
			Shorten(Clean(s.Query), 90)))
	}
	return lines
}
