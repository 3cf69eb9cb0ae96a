package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/reports"
	"github.com/nameplate-dev/nameplate/reports/index"
)

// reportCommand renders an archived run again.
type reportCommand struct {
	Runs    []string `arg:"" optional:"" name:"run" help:"The run's folder, its run.json, or the link to the latest run (default: nameplate-out/latest)."`
	Write   bool     `help:"Write charts, percentiles, flame graphs, report.html, report.md and report.txt into the run's folder again."`
	Compare bool     `help:"Show two runs beside one another: what each claim of the second, the head, became against the first, the base."`
	Out     string   `help:"With --compare: also write the page of both runs there." type:"path" placeholder:"FILE"`
	JSON    bool     `help:"Print one JSON object and nothing else."`
	Format  string   `help:"Print it as one of ${formats}." default:"" placeholder:"FORMAT"`

	CommentFile string `help:"With --format github: write the body of a comment on a pull request; left as it is when it already says the same." placeholder:"FILE"`
	Index       string `help:"Instead, list all runs of a folder, with a sparkline for each claim, in its index.html." type:"path" placeholder:"FOLDER"`
}

// latestRun is the run that is reported when none is named.
const latestRun = "nameplate-out/latest"

// Run judges the run again and ends with its exit status.
func (k reportCommand) Run(c console) error {
	c.readOnly()
	if k.Index != "" {
		return k.index(c)
	}
	if k.Compare || k.Out != "" {
		return k.compare(c)
	}
	if len(k.Runs) > 1 {
		return usageError{fmt.Errorf("%d runs; allowed: one, or two with --compare", len(k.Runs))}
	}
	path := latestRun
	if len(k.Runs) == 1 {
		path = k.Runs[0]
	}
	if k.Format != "" {
		if err := reports.CheckFormat(reports.Format(k.Format)); err != nil {
			return usageError{fmt.Errorf("--format: %w", err)}
		}
	}
	if k.CommentFile != "" && reports.Format(k.Format) != reports.GitHub {
		return usageError{fmt.Errorf("--comment-file needs --format %s", reports.GitHub)}
	}
	r, err := judged(path)
	if err != nil {
		return err
	}
	if k.Write {
		dir := path
		if filepath.Base(dir) == "run.json" {
			dir = filepath.Dir(dir)
		}
		if err := reports.Write(dir, r); err != nil {
			return err
		}
	}
	if err := k.print(c, r); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return exitWith(r.ExitStatus)
}

// index writes the index of a folder, and ends with 0 whatever came of its runs.
func (k reportCommand) index(c console) error {
	if k.Write || k.JSON || k.Format != "" || k.Compare || k.Out != "" {
		return usageError{errors.New(
			"--index is about all runs of a folder; allowed: without --write, --json, --format, --compare and --out"),
		}
	}
	file, err := index.WriteFile(k.Index)
	if err != nil {
		return usageError{err}
	}
	fmt.Fprintln(c.stdout, "index:", file)
	return nil
}

// judged is an archived run, judged again.
func judged(path string) (*archive.Run, error) {
	r, err := archive.Load(path)
	if err != nil {
		return nil, usageError{err}
	}
	if err := r.Judge(); err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

func (k reportCommand) print(c console, r *archive.Run) error {
	switch {
	case reports.Format(k.Format) == reports.GitHub:
		files := reports.GitHubFiles{Summary: c.getenv("GITHUB_STEP_SUMMARY"), Comment: k.CommentFile}
		said, err := reports.WriteGitHub(r, files)
		if said != "" {
			fmt.Fprintln(c.stderr, said)
		}
		return errors.Join(err, reports.Print(c.stdout, r, reports.GitHub))
	case k.Format != "":
		return reports.Print(c.stdout, r, reports.Format(k.Format))
	case k.JSON:
		return reports.JSON(c.stdout, r)
	}
	return reports.Text(c.stdout, r, textOptions(c))
}

// exitWith ends the command with a status and nothing to say.
func exitWith(status int) error {
	if status == exitcode.Verified {
		return nil
	}
	return &exitError{status: status}
}
