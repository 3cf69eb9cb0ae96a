// Command tally reads what go test -json prints and says, at the end and in one table, how many tests ran,
// passed, failed and skipped, and why. What failed it prints as it comes. With floors, it also prints the
// coverage of each package, and ends with 1 when one of the named packages is below the floor.
//
//	go test -json -cover ./... | go run ./internal/tally -floor 70 -of harness/judge,harness/load
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	floor := flag.Float64("floor", 0, "least `percent` of the statements that must be covered in each package of -of")
	of := flag.String("of", "", "`packages` that the floor is for, from the module's root, separated by commas")
	flag.Parse()
	t, err := read(os.Stdin, os.Stdout)
	if err == nil {
		err = t.print(os.Stdout, *floor, strings.FieldsFunc(*of, func(r rune) bool { return r == ',' }))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
}

// event is a line of go test -json; see go doc test2json.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of what does not build
	Elapsed                       float64
}

// tally is what was seen.
type tally struct {
	passed, failed int
	skipped        map[string][]string // reason → tests
	bad            []string            // failed tests, and packages that failed otherwise
	packages       []pkg
}

// pkg is a package that was tested.
type pkg struct {
	name     string
	status   string
	elapsed  time.Duration
	coverage float64 // percent of the statements; negative when it is not known
}

var (
	coverage = regexp.MustCompile(`coverage: ([0-9.]+)% of statements`)
	// where begins a line that a test has logged.
	where = regexp.MustCompile(`^\s+[\w./-]+\.go:\d+: `)
)

// read reads all events, and copies to w what failing tests have printed.
func read(r io.Reader, w io.Writer) (*tally, error) {
	t := &tally{skipped: map[string][]string{}}
	output, covered := map[string][]string{}, map[string]float64{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(w, lines.Text()) // of the build, by older versions of go
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			output[key] = append(output[key], e.Output)
			if m := coverage.FindStringSubmatch(e.Output); m != nil && e.Test == "" {
				covered[e.Package], _ = strconv.ParseFloat(m[1], 64)
			}
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "pass", "fail", "skip":
			if e.Action == "fail" {
				fmt.Fprintf(w, "--- %s\n%s", key, strings.Join(output[key], ""))
			}
			t.ended(e, output[key], covered)
			delete(output, key)
		}
	}
	return t, lines.Err()
}

// ended notes the end of a test, or of a package.
func (t *tally) ended(e event, output []string, covered map[string]float64) {
	name := e.Package + " " + e.Test
	switch {
	case e.Test == "":
		p := pkg{
			name: e.Package, status: e.Action, elapsed: time.Duration(e.Elapsed * float64(time.Second)), coverage: -1,
		}
		if percent, ok := covered[e.Package]; ok {
			p.coverage = percent
		}
		t.packages = append(t.packages, p)
		if e.Action == "fail" {
			t.bad = append(t.bad, e.Package)
		}
	case e.Action == "pass":
		t.passed++
	case e.Action == "fail":
		t.failed++
		t.bad = append(t.bad, name)
	default:
		why := reason(output)
		t.skipped[why] = append(t.skipped[why], name)
	}
}

// reason is what a test that skipped has said last.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if at := where.FindString(line); at != "" {
			return strings.TrimSpace(line[len(at):])
		}
	}
	return "no reason was given"
}

// print prints the tables; the error says what must not be.
func (t *tally) print(w io.Writer, floor float64, of []string) error {
	var low []string
	if floor > 0 {
		low = t.coverage(w, floor, of)
	}
	skipped := 0
	for _, tests := range t.skipped {
		skipped += len(tests)
	}
	fmt.Fprintf(w, "\n%-8s %6d\n%-8s %6d\n%-8s %6d\n%-8s %6d\n", "ran", t.passed+t.failed, "passed", t.passed, "failed",
		t.failed, "skipped", skipped)
	for _, why := range slices.Sorted(maps.Keys(t.skipped)) {
		fmt.Fprintf(w, "  %6d %s\n", len(t.skipped[why]), why)
	}
	for _, name := range t.bad {
		fmt.Fprintf(w, "FAILED %s\n", name)
	}
	switch {
	case len(t.packages) == 0:
		return fmt.Errorf("no test was run")
	case len(t.bad) > 0:
		return fmt.Errorf("%d tests and packages failed", len(t.bad))
	case len(low) > 0:
		return fmt.Errorf("coverage below %g %%: %s", floor, strings.Join(low, ", "))
	}
	return nil
}

// coverage prints the coverage of each package, and returns those of the named ones that are below the floor.
func (t *tally) coverage(w io.Writer, floor float64, of []string) (low []string) {
	missing := slices.Clone(of)
	for _, p := range t.packages {
		mark := ""
		named := func(name string) bool { return strings.HasSuffix(p.name, "/"+name) }
		if i := slices.IndexFunc(missing, named); i >= 0 {
			mark = fmt.Sprintf("  floor %g %%", floor)
			if p.coverage < floor {
				low = append(low, fmt.Sprintf("%s %.1f %%", missing[i], max(0, p.coverage)))
				mark += ", below"
			}
			missing = slices.Delete(missing, i, i+1)
		}
		if p.coverage >= 0 {
			fmt.Fprintf(w, "%6.1f %%  %-70s %8v%s\n", p.coverage, p.name, p.elapsed.Round(10*time.Millisecond), mark)
		}
	}
	for _, name := range missing {
		low = append(low, name+" was not tested")
	}
	return low
}
