// Package history keeps one Go benchmark file per data point in a folder, and reads the series of
// figures that they hold.
//
// A data point's file may hold the same benchmarks of a fixed baseline, measured in turn with the data point's
// revision: see [WithPairs]. Files are only ever added. Their names sort by time: 2026-11-24T0215Z-3335091bd2a1.txt is
// the data point of that time, measured on that revision.
package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/internal/files"
)

// layout is the form of the time in a file's name.
const layout = "2006-01-02T1504Z"

var named = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}T\d{4}Z)-([0-9A-Za-z]{1,40})\.txt$`)

// AcknowledgedFile is the file of a history that lists changes which are known: a line each, with
// series, unit, data point and reason, separated by tabs.
const AcknowledgedFile = "acknowledged.tsv"

// Point is one file of a history.
type Point struct {
	Time     time.Time
	Revision string // short; "unknown" where the build had none
	File     string
}

// Name is what the data point is called in reports.
func (n Point) Name() string { return n.Time.UTC().Format("2006-01-02 15:04") + " " + n.Revision }

// Errors of a history.
var (
	ErrEmpty  = errors.New("no data point in the history")
	ErrExists = errors.New("the data point is in the history already")
)

// Add puts the bench file of a run into a history, in one step.
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
		err = files.Write(name, bench)
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

// Points lists the data points of a history, oldest first.
func Points(dir string) ([]Point, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	var all []Point
	for _, e := range entries {
		parts := named.FindStringSubmatch(e.Name())
		if parts == nil {
			continue // a README, the acknowledged changes
		}
		at, err := time.Parse(layout, parts[1])
		if err != nil {
			return nil, fmt.Errorf("read the history: %s: the name is no time; allowed: %s", e.Name(), layout)
		}
		all = append(all, Point{at, parts[2], filepath.Join(dir, e.Name())})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrEmpty)
	}
	return all, nil
}

// Read reads all series of a history: the median of a data point's runs, for each benchmark and unit.
// A data point without a value for a series leaves it out of that series. Where data points have been measured
// beside a baseline, the ratio to it is the series, once there are enough of them to be judged: what
// drifts on the machine is not in it. A share of errors is judged with a tenth of a per cent
// added, since it may be 0; other figures that are ever 0 or less make no ratios and are left out,
// and named.
func Read(dir string) (all []trend.Series, left []string, err error) {
	points, err := Points(dir)
	if err != nil {
		return nil, nil, err
	}
	b := builder{index: map[string]int{}}
	for _, n := range points {
		f, err := os.Open(n.File)
		if err != nil {
			return nil, nil, fmt.Errorf("read the history: %w", err)
		}
		figures, err := parse(n.File, f)
		f.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("read the history: %w", err)
		}
		b.point(n.Name(), figures)
	}
	all, left = b.series()
	return preferRatios(all), left, nil
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
			return nil, fmt.Errorf("%s:%d: %d fields; allowed: series, unit, data point and reason, separated by tabs",
				filepath.Join(dir, AcknowledgedFile), i+1, len(parts))
		}
		all = append(all, trend.Acknowledged{Series: parts[0], Unit: parts[1], Point: parts[2], Reason: parts[3]})
	}
	return all, nil
}
