package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/draft/loadtest"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// loadCommand is a load test that needs no suite: it writes one from its flags.
type loadCommand struct {
	loadFlags

	Targets       string `help:"File of vegeta's targets, all of one host; - for standard input. A command after -- is asked for their paths." placeholder:"FILE"`
	TargetsFormat string `help:"Format of the targets: ${targetformats}; the first when it is left out." placeholder:"FORMAT"`

	Format  string `help:"Write each request as vegeta's results, latencies counted from the schedule: ${resultformats}. To standard output without --results." placeholder:"FORMAT"`
	Results string `help:"File for vegeta's results." placeholder:"FILE" type:"path"`

	IOwn  []string `help:"A host other than this machine that you may load." placeholder:"HOST" name:"i-own"`
	Seed  *uint64  `help:"Seed of every random choice." placeholder:"N"`
	Out   string   `help:"Folder in which the run's folder is made." default:"nameplate-out" type:"path"`
	Print bool     `help:"Print the suite that the flags amount to, and measure nothing."`
	JSON  bool     `help:"Print one JSON object on standard output and nothing else."`
	Quiet bool     `help:"Show no progress."`
}

// loadFlags are what the suite is written from: the fields of [loadtest.Options].
type loadFlags struct {
	Target []string `arg:"" optional:"" help:"A URL, or after -- a command that is started for each run; nothing for the reference cluster." placeholder:"URL"`

	Rate        string   `help:"Requests per second, offered on a fixed schedule." default:"100"`
	Duration    string   `help:"Time under load in all, shared by the runs." default:"30s" placeholder:"TIME"`
	Runs        int      `help:"Independent runs; fewer than 5 give no verdict." default:"6"`
	Warmup      string   `help:"Time under load before each run's window." default:"1s" placeholder:"TIME"`
	P99         string   `help:"Bound on the p99 of the response time, e.g. 150ms; none when it is left out." name:"p99" placeholder:"TIME"`
	Errors      string   `help:"Most requests that may fail." default:"0.1 %" placeholder:"SHARE"`
	Timeout     string   `help:"A request without an answer by then has failed." default:"10s" placeholder:"TIME"`
	Connections int      `help:"Connections that are kept open." default:"64"`
	Arrivals    string   `help:"Spacing of the requests: constant or poisson." default:"constant"`
	Workers     int      `help:"Workers of the reference cluster; of a command, what its CLUSTER_WORKERS says." placeholder:"N"`
	Memory      string   `help:"Memory limit of each worker." default:"512 MiB" placeholder:"SIZE"`
	Path        []string `help:"Path to ask for; several are asked for in equal parts. / when none is named." placeholder:"PATH" sep:"none"`
	Method      string   `help:"Method of the requests." default:"GET"`
	Header      []string `help:"Header field of the requests, e.g. 'Accept: text/html'. The value of one that is a credential, as Authorization, is not archived." placeholder:"'NAME: VALUE'" sep:"none"`
	Body        string   `help:"Body of the requests." placeholder:"TEXT"`
	Status      int      `help:"Status that an answer must have; any 2xx when it is left out." placeholder:"CODE"`
	URL         string   `help:"Where a command listens; its PORT says so, too." default:"http://127.0.0.1:$${port}" name:"url"`
	Env         []string `help:"Variable of a command's environment." placeholder:"NAME=VALUE" sep:"none"`
	Ready       string   `help:"Path that answers once the system is ready." default:"/" placeholder:"PATH"`
	ReadyLine   string   `help:"Text of a line that a command prints once it is ready, instead." placeholder:"TEXT"`
	CA          string   `help:"File with the authorities' certificates of an https URL; this machine's when it is left out." name:"ca" placeholder:"FILE"`
	HTTP2       bool     `help:"Speak HTTP/2 to an https URL." name:"http2"`
	FindMax     bool     `help:"Search for the highest rate that meets the bounds, from --rate on; each try is as long as a run."`
	UpTo        string   `help:"With --find-max: highest rate to try; needed for a URL." placeholder:"RATE"`
	Stores      string   `help:"Give the reference cluster stores, as for verify; none when it is left out." placeholder:"PROVIDER"`
}

// Run drives the load and ends with the status of its verdicts, or of the search.
func (k loadCommand) Run(c console) error {
	listed, err := k.listed(c)
	if err != nil {
		return usageError{err}
	}
	made, err := loadtest.Suite(loadtest.Options(k.loadFlags), listed)
	if err != nil {
		return usageError{err}
	}
	if !k.Quiet {
		fmt.Fprint(c.stderr, made.Secrets.Kept())
	}
	switch {
	case k.Print && k.Format+k.Results != "":
		return usageError{errors.New("--print measures nothing; allowed: without --format and --results")}
	case k.Print:
		_, err := c.stdout.Write(made.Text)
		return err
	}
	s, ref, err := parseSuite(madeName, made.Text)
	if err != nil {
		return err
	}
	each, err := k.perRequest(c, s)
	if err != nil {
		return err
	}
	defer each.close()
	archived := archive.Options{Stores: cmp.Or(k.Stores, "auto"), UpTo: float64(made.UpTo)}
	if k.FindMax {
		archived.Capacity = archive.CapacityOnly
	}
	return drive(c, driveOptions{
		suite: s, ref: ref, dir: ".", override: suite.Override{Seed: k.Seed}, archived: archived,
		iOwn: k.IOwn, out: k.Out, json: k.JSON, quiet: k.Quiet, env: made.Secrets.Env(c.getenv), each: each,
	})
}
