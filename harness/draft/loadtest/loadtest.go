// Package loadtest writes the suite of a load test that is told in one line: of a URL, of a command, or of the
// reference cluster.
package loadtest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/draft/targets"
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
	Text    []byte
	Secrets draft.Secrets // of the target file and of the header fields, which the suite does not have
	UpTo    suite.Rate    // the highest rate that a search for the capacity may try; 0 for as high as it leads
}

// Suite writes the suite. Its requests are those of a target file, which may be nil. Errors name the flags that are
// wrong.
func Suite(o Options, file *targets.Targets) (Made, error) {
	p, err := o.plan(file)
	if err != nil {
		return Made{}, err
	}
	var text bytes.Buffer
	if err := layout.Execute(&text, p); err != nil {
		return Made{}, err
	}
	if file != nil && text.Len() > suite.MaxFile {
		return Made{}, fmt.Errorf("--targets: a suite of these %d requests has %d KiB; allowed: %d KiB, which are "+
			"fewer different targets, or shorter ones", len(p.Requests), (text.Len()+1023)>>10, suite.MaxFile>>10)
	}
	return Made{text.Bytes(), p.secrets, p.upTo}, nil
}

// plan is what the suite is written from.
type plan struct {
	Title                 string
	Kind                  suite.SystemKind
	Command               []string
	Env                   []suite.Pair
	Requests              []suite.HTTPRequest
	URL, Ready, ReadyLine string
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
	path                  string // of the URL; "" when it has none
	secrets               draft.Secrets
	upTo                  suite.Rate
}

// Cluster reports whether there is more than one worker.
func (p plan) Cluster() bool { return p.Workers > 1 }

// plan combines the flags. The values themselves are checked as the suite's are.
func (o Options) plan(file *targets.Targets) (*plan, error) {
	p := &plan{
		Arrivals: o.Arrivals, Runs: o.Runs, Connections: o.Connections, Workers: max(1, o.Workers), Ready: o.Ready,
		ReadyLine: o.ReadyLine, CA: o.CA, HTTP2: o.HTTP2,
	}
	var err error
	if file != nil {
		p.secrets = slices.Clone(file.Secrets)
		err = o.listed(p, file)
	} else {
		err = o.target(p)
	}
	if err := errors.Join(err, o.times(p), o.rates(p)); err != nil {
		return nil, err
	}
	headers, err := pairsOf("--header", o.Header, ":")
	if err == nil {
		err = p.hide(headers)
	}
	if err == nil {
		p.Env, err = pairsOf("--env", o.Env, "=")
	}
	for i := range p.Requests {
		o.complete(&p.Requests[i], headers)
	}
	if p.Kind == suite.SystemCommand {
		told := []suite.Pair{{Name: "PORT", Value: "${port}"}, {Name: "CLUSTER_WORKERS", Value: "${workers}"}}
		p.Env = append(told, p.Env...)
	}
	return p, err
}

// ask makes the requests of paths.
func (o Options) ask(p *plan, paths []string) {
	for i, path := range paths {
		p.Requests = append(p.Requests, suite.HTTPRequest{
			Name: fmt.Sprint("r", i), Method: strings.ToUpper(o.Method), Path: path, Body: o.Body,
		})
	}
}

// hide puts a field of the environment in the place of each credential.
func (p *plan) hide(headers []suite.Pair) error {
	for i, h := range headers {
		if !draft.SecretHeader(h.Name) || draft.HasField(h.Value) || h.Value == "" {
			continue
		}
		scheme, value := draft.Credential(h.Name, h.Value)
		field, err := p.secrets.Hide(draft.Secret{
			Name: draft.Variable("header " + h.Name), Value: value, Where: "--header " + draft.Line(h.Name),
		})
		if err != nil {
			return err
		}
		headers[i].Value = scheme + field
	}
	return nil
}

// complete gives a request what the flags say of all. A header field of its own stays.
func (o Options) complete(r *suite.HTTPRequest, headers []suite.Pair) {
	r.Expect.Status = o.Status
	for _, h := range headers {
		if !slices.ContainsFunc(r.Headers, func(own suite.Pair) bool { return strings.EqualFold(own.Name, h.Name) }) {
			r.Headers = append(r.Headers, h)
		}
	}
}
