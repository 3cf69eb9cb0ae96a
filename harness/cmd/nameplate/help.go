package main

// What a command's help says beside its flags, and docs/commands.md with it.

// Help is shown below the flags.
func (reportCommand) Help() string {
	return "The result is that of the run: it is judged by the same rules. " +
		"--format github prints annotations, and appends the report to the file that GITHUB_STEP_SUMMARY names; " +
		"with --comment-file it also writes a comment, as Operating describes. " +
		"With --compare the formats are text, markdown, html and json, and the exit status is 1 when a claim " +
		"regressed, 3 when no claim can be compared (the runs were made on other hosts, stores, suites or options, " +
		"which are named), else 0."
}

// Help is shown below the flags.
func (serveCommand) Help() string {
	return "It only reads, and nothing outside of the folder. Pages are drawn from the archives when they are " +
		"asked for: while a run is measured on this machine, the live view disturbs it least."
}

// Help is shown below the flags.
func (judgeCommand) Help() string {
	return "An explanation shows the claim's runs, the rule, α, and what would change the verdict."
}

// Help is shown below the flags.
func (capacityCommand) Help() string {
	return "A capacity comes with an interval, a chart of the knee, and the bottleneck. verify --capacity " +
		"searches for it after the verdicts."
}

// Help is shown below the flags.
func (loadCommand) Help() string {
	return "Recorder, verdicts and archive are those of verify. For example:\n\n" +
		"  nameplate load --rate 300 --duration 30s --p99 150ms -- node server.js\n" +
		"  nameplate load --find-max --p99 150ms --workers 4 --duration 60s"
}

// Help is shown below the flags.
func (compareCommand) Help() string {
	return "Revisions are built, and both builds are up at once: each is loaded in turn for half a second, " +
		"so that what changes on the machine falls on both. A build that cannot take turns is measured before or " +
		"after the other. " +
		"Runs are judged pair by pair, until the interval of a phase's ratio of CPU per request is narrow enough " +
		"(--within) or the time is used up (--budget); --pairs alone makes that many. " +
		"\"Cannot tell\" says how many more pairs it would take. " +
		"Exit status: 1 when something got worse, with the functions that take more processor time; else 0."
}

// Help is shown below the flags.
func (bisectCommand) Help() string {
	return "The good commit and a candidate are up at once and loaded in turns, as many pairs of runs as it takes. " +
		"An interrupted search resumes from what its folder keeps. The work tree is left as it is."
}

// Help is shown below the flags.
func (trendCommand) Help() string {
	return "Known changes are listed in the history's acknowledged.tsv, one a line: series, unit, data point " +
		"(or drift) and reason, separated by tabs."
}

// Help is shown below the flags.
func (trendAddCommand) Help() string {
	return "With pairs that compare --keep has measured against a baseline, the ratio to the baseline is judged."
}

// Help is shown below the flags.
func (initCommand) Help() string {
	return "TODO marks what is left for you to decide: above all the claims."
}

// Help is shown below the flags.
func (monitorCommand) Help() string {
	return "Sparklines are drawn on a terminal; elsewhere the lines are plain."
}
