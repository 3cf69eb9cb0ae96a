package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/nameplate-dev/nameplate/harness/draft/targets"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/load/results"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/reports"
)

var about = "Checks a cluster against the figures that a document states for it.\n\nExit status:\n\n" + exitcode.Help()

// cli is the command line.
type cli struct {
	Verify   verifyCommand   `cmd:"" help:"Drive every phase of a suite, judge its claims, write charts and a report."`
	Judge    judgeCommand    `cmd:"" help:"Judge an archived run again, and explain a verdict run by run."`
	Report   reportCommand   `cmd:"" help:"Judge and render an archived run again, from its archive alone."`
	Serve    serveCommand    `cmd:"" help:"Show the runs of a folder in a browser, and the one that is going on live."`
	Audit    auditCommand    `cmd:"" help:"Check the claims of a suite for consistency by the operational laws, without any load."`
	Capacity capacityCommand `cmd:"" help:"Search for the highest rate at which each phase meets its claims."`
	Load     loadCommand     `cmd:"" help:"A load test in one line: of a URL, of a command after --, or of the reference cluster."`
	Scaling  scalingCommand  `cmd:"" help:"Measure how the capacity grows with the workers, and fit the Universal Scalability Law."`
	Compare  compareCommand  `cmd:"" help:"Compare two runs, two bench files or two git revisions."`
	Bisect   bisectCommand   `cmd:"" help:"Find the commit that made a figure worse, by interleaved comparison."`
	Trend    trendCommand    `cmd:"" help:"Find lasting changes in a history of measurements: what changed, when, and by how much."`
	Stores   storesCommand   `cmd:"" help:"Show which stores this machine offers, with versions and start times, and why it does not offer the others."`
	Suite    suiteCommand    `cmd:"" help:"Print the built-in suite, or check one of your own."`
	Init     initCommand     `cmd:"" help:"Write a first suite of a system of your own, from a URL, an OpenAPI 3 document or a HAR recording."`
	Cluster  clusterCommand  `cmd:"" help:"Run the reference cluster in the foreground."`
	Monitor  monitorCommand  `cmd:"" help:"Show a running cluster live, a line per worker."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// console is where a command reads and writes, and the world it runs in.
type console struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	getenv func(string) string
}

// usageError says that the command line or a file named on it is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitError ends the command with a status and, where it is not nil, an error to show.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// Main runs the command line and returns the exit status. The first interrupt or SIGTERM ends the
// command in order, keeping what was measured; a second one ends it at once.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from the first signal on, the next one has its default effect
	err := execute(console{ctx, stdin, stdout, stderr, os.Getenv}, args)
	status := statusOf(err)
	var exit *exitError
	if err != nil && (!errors.As(err, &exit) || exit.err != nil) {
		fmt.Fprintln(stderr, "nameplate: "+err.Error())
	}
	return status
}

func statusOf(err error) int {
	var exit *exitError
	var usage usageError
	switch {
	case err == nil:
		return exitcode.Verified
	case errors.As(err, &exit):
		return exit.status
	case errors.As(err, &usage):
		return exitcode.Usage
	case errors.Is(err, run.ErrInterrupted):
		return exitcode.Interrupted
	}
	return exitcode.Environment // an environment error, or one that nobody foresaw
}

// helpShown ends parsing after help was printed.
type helpShown struct{}

func execute(c console, args []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(helpShown); !ok {
				panic(r)
			}
			err = nil
		}
	}()
	var grammar cli
	parser, err := newParser(&grammar, c)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return usageError{fmt.Errorf("%w; see nameplate --help", err)}
	}
	return command.Run(c)
}

// newParser makes the parser of the command line.
func newParser(grammar *cli, c console) (*kong.Kong, error) {
	return kong.New(grammar, kong.Name("nameplate"), kong.Description(about),
		kong.Vars{"formats": reports.FormatNames(), "targetformats": strings.Join(targets.Formats, " or "),
			"resultformats": results.FormatNames()},
		kong.Writers(c.stdout, c.stderr),
		kong.Exit(func(int) { panic(helpShown{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}
