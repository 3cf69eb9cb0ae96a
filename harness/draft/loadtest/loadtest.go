// Package loadtest writes the suite of a load test that is told in one line: of a URL, of a command, or of the
// reference cluster.
package loadtest

import (
	"bytes"
	"errors"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Options are what a load test is said to be, as texts with their units. A field's name is that of the flag which
// says it.
type Options struct {
	Target []string // a URL, or a command with its arguments; nothing for the reference cluster

	Rate        string // requests per second; the unit may be left out
	Duration    string // under load in all, shared by the runs
	Runs        int
	Warmup      string   // before each run's window
	P99         string   // bound on the p99; "" for none
	Errors      string   // most requests that may fail, a share
	Timeout     string   // of a request
	Connections int      // that are kept open
	Arrivals    string   // constant or poisson
	Workers     int      // of the reference cluster, or a command's; 0 for what fits
	Memory      string   // limit of each worker
	Path        []string // / when none is named
	Method      string
	Header      []string // each as NAME: VALUE
	Body        string
	Status      int      // of an answer; 0 for any 2xx
	URL         string   // where a command listens
	Env         []string // each as NAME=VALUE
	Ready       string   // path that answers once the system is ready
	ReadyLine   string   // of what a command prints once it is ready, instead
	CA          string   // file of certificates
	HTTP2       bool
	FindMax     bool   // search for the capacity from Rate on
	UpTo        string // the highest rate to try; needed for a URL
	Stores      string // of the reference cluster; "" for none
}

// Made is the suite of a load test.
type Made struct {
	Text []byte
	UpTo suite.Rate // the highest rate that a search for the capacity may try; 0 for as high as it leads
}

// Suite writes the suite. Its errors name the flags that are wrong.
func Suite(o Options) (Made, error) {
	p, err := o.plan()
	if err != nil {
		return Made{}, err
	}
	var text bytes.Buffer
	if err := layout.Execute(&text, p); err != nil {
		return Made{}, err
	}
	return Made{text.Bytes(), p.upTo}, nil
}

// plan is what the suite is written from.
type plan struct {
	Title                 string
	Kind                  suite.SystemKind
	Command, Paths        []string
	Env, Headers          []suite.Pair
	URL, Ready, ReadyLine string
	Method, Body          string
	Status                int
	Rate, Errors, P99     string
	Memory, Arrivals      string
	Duration, Warmup      string
	Timeout               string
	Runs, Connections     int
	Workers               int
	Stores                bool
	Mix                   []suite.MixedItem
	CA                    string
	HTTP2                 bool
	upTo                  suite.Rate
}

// Cluster reports whether there is more than one worker.
func (p plan) Cluster() bool { return p.Workers > 1 }

// plan combines the flags. The values themselves are checked as the suite's are.
func (o Options) plan() (*plan, error) {
	p := &plan{
		Method: strings.ToUpper(o.Method), Body: o.Body, Status: o.Status, Arrivals: o.Arrivals,
		Runs: o.Runs, Connections: o.Connections, Workers: max(1, o.Workers),
		Paths: o.Path, Ready: o.Ready, ReadyLine: o.ReadyLine, CA: o.CA, HTTP2: o.HTTP2,
	}
	if len(p.Paths) == 0 {
		p.Paths = []string{"/"}
	}
	if err := errors.Join(o.target(p), o.times(p), o.rates(p)); err != nil {
		return nil, err
	}
	var err error
	if p.Headers, err = pairsOf("--header", o.Header, ":"); err == nil {
		p.Env, err = pairsOf("--env", o.Env, "=")
	}
	if p.Kind == suite.SystemCommand {
		told := []suite.Pair{{Name: "PORT", Value: "${port}"}, {Name: "CLUSTER_WORKERS", Value: "${workers}"}}
		p.Env = append(told, p.Env...)
	}
	return p, err
}
