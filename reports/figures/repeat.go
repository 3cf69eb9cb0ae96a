package figures

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
)

// plain is a word that a shell takes as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted is a foreign text as one word of a POSIX shell.
func quoted(s string) string {
	s = Clean(s)
	if plain.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// suiteFile is how a command names the run's suite: "" for the built-in one. A suite that stands in no file is in the
// archive, as suite.yaml.
func (r *Report) suiteFile() string {
	switch file := r.Run.Suite.File; {
	case file == "" || file == "built-in":
		return ""
	case strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml"):
		if strings.HasPrefix(file, "-") {
			file = "./" + file
		}
		return quoted(file)
	}
	return "suite.yaml"
}

// Repeat is the command that makes the run again: its suite, phases, runs, times, seed and stores.
func (r *Report) Repeat() string {
	o := r.Run.Options
	words := []string{"nameplate", "verify"}
	only := o.Capacity == archive.CapacityOnly
	if only {
		words[1] = "capacity"
	}
	add := func(given bool, name, value string) {
		if given {
			words = append(words, name, value)
		}
	}
	if file := r.suiteFile(); file != "" {
		words = append(words, file)
	}
	var phases []string
	for _, p := range o.Phases {
		phases = append(phases, strconv.Itoa(p))
	}
	add(len(phases) > 0, "--phase", strings.Join(phases, ","))
	add(o.Runs > 0 && !only, "--runs", strconv.Itoa(o.Runs))
	add(o.Duration > 0, "--duration", compact(o.Duration))
	bounds := o.WarmupBounds()
	add(bounds.Least > 0 && bounds.Most == bounds.Least, "--warmup", compact(bounds.Least))
	add(o.RateScale != 0 && o.RateScale != 1 && !only, "--rate", fmt.Sprintf("%gx", o.RateScale))
	add(true, "--seed", strconv.FormatUint(o.Seed, 10))
	add(o.Stores != "", "--stores", quoted(o.Stores))
	add(o.Chaos > 0 && !only, "--chaos", compact(o.Chaos))
	add(o.Slowdown > 0 && !only, "--slowdown", compact(o.Slowdown))
	for _, flag := range []struct {
		given bool
		name  string
	}{
		{o.Capacity == archive.CapacityAlso, "--capacity"},
		{o.Capacity == archive.CapacityNot && !o.Headroom, "--no-headroom"}, {o.Strict && !only, "--strict"},
	} {
		if flag.given {
			words = append(words, flag.name)
		}
	}
	return strings.Join(words, " ")
}

// compact is a duration as a flag takes it, in one word, e.g. "1500ms".
func compact(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "us"}} {
		if d%unit.size == 0 {
			return fmt.Sprint(int64(d/unit.size), unit.name)
		}
	}
	return fmt.Sprint(int64(d), "ns")
}
