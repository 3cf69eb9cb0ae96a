package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/regress/history"
	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/reports/page"
	"github.com/nameplate-dev/nameplate/reports/schema"
)

// trendCommand judges the history of many nights.
type trendCommand struct {
	Show     trendShowCommand     `cmd:"" default:"withargs" help:"Find the nights on which a figure changed for good."`
	Add      trendAddCommand      `cmd:"" help:"Add a run to a history."`
	Selftest trendSelftestCommand `cmd:"" help:"Put the detection to the test on the noise of a history: no change, and steps of known size."`
}

// historyFlags say where a history is.
type historyFlags struct {
	History string `arg:"" optional:"" default:"nightly/history" help:"Folder with a bench file a night, a CSV file, or the data.js of github-action-benchmark (default: ${default})."`
}

// read reads the history and the changes that are known.
func (k historyFlags) read() (all []trend.Series, left []string, known []trend.Acknowledged, err error) {
	info, err := os.Stat(k.History)
	if err != nil {
		return nil, nil, nil, usageError{fmt.Errorf("read the history: %w", err)}
	}
	if info.IsDir() {
		if all, left, err = history.Read(k.History); err == nil {
			known, err = history.Acknowledged(k.History)
		}
	} else {
		all, err = importHistory(k.History)
	}
	if err != nil {
		err = usageError{err}
	}
	return all, left, known, err
}

func importHistory(file string) ([]trend.Series, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	defer f.Close()
	if filepath.Ext(file) == ".js" {
		return history.ImportBenchmarkAction(file, f)
	}
	return history.ImportCSV(file, f)
}

// trendShowCommand finds changes.
type trendShowCommand struct {
	historyFlags
	Least float64 `help:"Smallest relative change that matters." default:"0.05"`
	Seed  uint64  `help:"Seed of the permutations." default:"1"`
	Page  string  `help:"Also write a page with a chart of each series." type:"path" placeholder:"FILE"`
	JSON  bool    `help:"Print one JSON object and nothing else."`
}

// Run ends with 1 when a figure got worse and nobody acknowledged it, with 3 when no series
// could be judged, else with 0.
func (k trendShowCommand) Run(c console) error {
	if !(k.Least > 0 && k.Least < 1) {
		return usageError{fmt.Errorf("--least: %v is out of range; allowed: above 0 and below 1", k.Least)}
	}
	all, left, known, err := k.read()
	if err != nil {
		return err
	}
	r, err := trend.Judge(all, known, trend.Options{Least: k.Least, Seed: k.Seed})
	if err != nil {
		return usageError{err}
	}
	if k.Page != "" {
		if err := k.page(r, left); err != nil {
			return err
		}
	}
	if k.JSON {
		err = indented(c.stdout, schema.OfTrend(r, left))
	} else {
		err = trendText(c.stdout, r, left)
	}
	if err != nil {
		return fmt.Errorf("print the trend: %w", err)
	}
	switch {
	case r.Worse():
		return exitWith(exitcode.Refuted)
	case r.Count(trend.Judged) == 0:
		return exitWith(exitcode.NoVerdict)
	}
	return nil
}

// page writes the page, beside and renamed.
func (k trendShowCommand) page(r trend.Report, left []string) error {
	var b bytes.Buffer
	if err := page.WriteTrend(&b, r, left); err != nil {
		return err
	}
	return keep(filepath.Dir(k.Page), filepath.Base(k.Page), b.Bytes())
}

// trendText prints what moved, when, by how much and how sure that is.
func trendText(out io.Writer, r trend.Report, left []string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	moved := 0
	for _, one := range r.Results {
		for _, c := range one.Changes {
			if moved++; moved == 1 {
				fmt.Fprintln(w, "WHAT\tSERIES\tUNIT\tBY\tFROM\tTO\tLAST GOOD NIGHT\tFIRST NIGHT\tCONFIDENCE")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%+.1f %%\t%.5g\t%.5g\t%s\t%s\t%s\n", what(one.Series, c), one.Series.Name, one.Series.Unit, 100*(c.Ratio()-1), c.Before, c.After, c.Last, c.Night, confidence(c))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, one := range r.Results {
		if d := one.Drift; d != nil {
			moved++
			if d.Known != "" {
				fmt.Fprintf(out, "drift, acknowledged (%s): %s %s\n", d.Known, one.Series.Name, one.Series.Unit)
				continue
			}
			fmt.Fprintf(out, "drift%s: %s %s, %+.1f %% over %d nights (%+.3f %% a night, p %.2g)\n", map[bool]string{true: " for the worse"}[d.Worse], one.Series.Name, one.Series.Unit,
				100*d.Total, len(one.Series.Values)-d.From, 100*d.PerNight, d.P)
		}
	}
	if moved == 0 {
		fmt.Fprintln(out, "nothing moved")
	}
	fmt.Fprintf(out, "\n%d series judged, %d too short, %d too noisy\n", r.Count(trend.Judged), r.Count(trend.TooShort), r.Count(trend.TooNoisy))
	for _, name := range left {
		fmt.Fprintf(out, "left out, since it is 0 at times: %s\n", name)
	}
	return nil
}

func what(s trend.Series, c trend.Change) string {
	switch {
	case c.Known != "":
		return "known"
	case c.Worse:
		return "worse"
	case s.Better == 0:
		return "changed"
	default:
		return "better"
	}
}

func confidence(c trend.Change) string {
	switch {
	case c.Known != "":
		return "acknowledged: " + c.Known
	case !c.Confirmed:
		return "provisional, too few nights since"
	default:
		return fmt.Sprintf("confirmed, p %.2g", c.P)
	}
}

// trendAddCommand adds a run to a history.
type trendAddCommand struct {
	Run_ string `arg:"" name:"run" help:"The run's folder or its run.json."`
	Dir  string `help:"Folder of the history." default:"nightly/history" type:"path"`

	Pairs    string `help:"Folder that compare BASELINE HEAD --keep has filled: the ratios to the baseline are added, too." type:"path" placeholder:"FOLDER"`
	Baseline string `help:"With --pairs: the baseline's revision." placeholder:"REVISION"`
}

// Run copies the run's bench file under the run's time and revision.
func (k trendAddCommand) Run(c console) error {
	r, err := archive.Load(k.Run_)
	if err != nil {
		return usageError{err}
	}
	dir := k.Run_
	if filepath.Base(dir) == "run.json" {
		dir = filepath.Dir(dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "bench.txt"))
	if err != nil {
		return usageError{fmt.Errorf("add to the history: %w", err)}
	}
	if text, err = k.withPairs(text); err != nil {
		return usageError{err}
	}
	name, err := history.Add(k.Dir, r.Started, r.Build.Revision, text)
	switch {
	case errors.Is(err, history.ErrExists):
		fmt.Fprintln(c.stderr, strings.TrimPrefix(err.Error(), "add to the history: "))
		return nil
	case err != nil:
		return usageError{err}
	}
	fmt.Fprintln(c.stdout, name)
	return nil
}

// withPairs is the run's bench file, followed by those of the pairs.
func (k trendAddCommand) withPairs(text []byte) ([]byte, error) {
	if (k.Pairs == "") != (k.Baseline == "") {
		return nil, errors.New("--pairs and --baseline: one was given without the other; allowed: both or none")
	}
	if k.Pairs == "" {
		return text, nil
	}
	var sides [2][][]byte
	for pair := 1; ; pair++ {
		for side, name := range sideNames {
			one, err := os.ReadFile(filepath.Join(k.Pairs, fmt.Sprintf("%s-%d.txt", name, pair)))
			switch {
			case errors.Is(err, os.ErrNotExist) && side == 0 && pair > 1:
				return history.WithPairs(text, k.Baseline, sides[0], sides[1]), nil
			case err != nil:
				return nil, fmt.Errorf("--pairs: %w", err)
			}
			sides[side] = append(sides[side], one)
		}
	}
}

// trendSelftestCommand puts the detection to the test.
type trendSelftestCommand struct {
	historyFlags
	Histories int    `help:"Histories to make for each step." default:"300"`
	Seed      uint64 `help:"Seed of every random choice." default:"1"`
	JSON      bool   `help:"Print one JSON object and nothing else."`
}

// selftestSteps are the steps that are injected.
var selftestSteps = []float64{0, 0.03, 0.05, 0.10, 0.20}

// Run prints, for each series, how often a change is told where there is none, and how
// often a step of known size is found.
func (k trendSelftestCommand) Run(c console) error {
	if k.Histories < 1 || k.Histories > 100_000 {
		return usageError{fmt.Errorf("--histories: %d is out of range; allowed: 1 to 100000", k.Histories)}
	}
	all, _, _, err := k.read()
	if err != nil {
		return err
	}
	type tested struct {
		Series string        `json:"series"`
		Unit   string        `json:"unit"`
		Trials []trend.Trial `json:"trials"`
		Error  string        `json:"error,omitempty"`
	}
	var done []tested
	for _, s := range all {
		t := tested{Series: s.Name, Unit: s.Unit, Trials: []trend.Trial{}}
		trials, err := trend.SelfTest(s, selftestSteps, k.Histories, trend.Options{Seed: k.Seed})
		if err != nil {
			t.Error = err.Error()
		} else {
			t.Trials = trials
		}
		done = append(done, t)
	}
	if k.JSON {
		return indented(c.stdout, done)
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERIES\tSTEP\tFALSE ALARMS\tFOUND\tINTERVAL AT 95 %")
	for _, t := range done {
		if t.Error != "" {
			fmt.Fprintf(w, "%s %s\t%s\n", t.Series, t.Unit, t.Error)
		}
		for _, one := range t.Trials {
			found := ""
			if one.Step > 0 {
				found = fmt.Sprintf("%.1f %%", 100*float64(one.Found)/float64(one.Histories))
			}
			fmt.Fprintf(w, "%s %s\t%.0f %%\t%.1f %%\t%s\t%.1f–%.1f %%\n", t.Series, t.Unit, 100*one.Step, 100*float64(one.Alarms)/float64(one.Histories), found, 100*one.Low, 100*one.High)
		}
	}
	return w.Flush()
}
