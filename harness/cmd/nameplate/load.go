package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// loadCommand is a load test that needs no suite: it writes one from its flags.
type loadCommand struct {
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
	Header      []string `help:"Header field of the requests, e.g. 'Accept: text/html'." placeholder:"'NAME: VALUE'" sep:"none"`
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
	IOwn        []string `help:"A host other than this machine that you may load." placeholder:"HOST" name:"i-own"`
	Seed        *uint64  `help:"Seed of every random choice." placeholder:"N"`
	Out         string   `help:"Folder in which the run's folder is made." default:"nameplate-out" type:"path"`
	Print       bool     `help:"Print the suite that the flags amount to, and measure nothing."`
	JSON        bool     `help:"Print one JSON object on standard output and nothing else."`
	Quiet       bool     `help:"Show no progress."`
}

// Run drives the load and ends with the status of its verdicts, or of the search.
func (k loadCommand) Run(c console) error {
	p, err := k.plan()
	if err != nil {
		return usageError{err}
	}
	var text bytes.Buffer
	if err := loadSuite.Execute(&text, p); err != nil {
		return err
	}
	if k.Print {
		_, err := c.stdout.Write(text.Bytes())
		return err
	}
	stores := k.Stores
	if stores == "" {
		stores = "auto"
	}
	return verifyCommand{
		Stores: stores, IOwn: k.IOwn, Seed: k.Seed, Out: k.Out, JSON: k.JSON, Quiet: k.Quiet,
		only: k.FindMax, upTo: float64(p.upTo), made: text.Bytes(),
	}.Run(c)
}

// loadPlan is what the suite is written from.
type loadPlan struct {
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
func (p loadPlan) Cluster() bool { return p.Workers > 1 }

// plan combines the flags. The values themselves are checked as the suite's are.
func (k loadCommand) plan() (*loadPlan, error) {
	p := &loadPlan{
		Method: strings.ToUpper(k.Method), Body: k.Body, Status: k.Status, Arrivals: k.Arrivals,
		Runs: k.Runs, Connections: k.Connections, Workers: max(1, k.Workers), Paths: k.Path, Ready: k.Ready, ReadyLine: k.ReadyLine, CA: k.CA, HTTP2: k.HTTP2,
	}
	if len(p.Paths) == 0 {
		p.Paths = []string{"/"}
	}
	if err := errors.Join(k.target(p), k.times(p), k.rates(p)); err != nil {
		return nil, err
	}
	var err error
	if p.Headers, err = pairsOf("--header", k.Header, ":"); err == nil {
		p.Env, err = pairsOf("--env", k.Env, "=")
	}
	if p.Kind == suite.SystemCommand {
		p.Env = append([]suite.Pair{{Name: "PORT", Value: "${port}"}, {Name: "CLUSTER_WORKERS", Value: "${workers}"}}, p.Env...)
	}
	return p, err
}

// target says what is measured: a URL, a command, or the reference cluster.
func (k loadCommand) target(p *loadPlan) error {
	remote := len(k.Target) > 0 && (strings.HasPrefix(k.Target[0], "http://") || strings.HasPrefix(k.Target[0], "https://"))
	switch {
	case remote && len(k.Target) > 1:
		return fmt.Errorf("load: %q after the URL; allowed: one URL, or a command", k.Target[1])
	case remote:
		base, path, _ := strings.Cut(strings.SplitN(k.Target[0], "://", 2)[1], "/")
		p.Kind, p.URL, p.Title = suite.SystemURL, strings.SplitN(k.Target[0], "://", 2)[0]+"://"+base, "Load test of "+base
		if path != "" {
			if len(k.Path) > 0 {
				return errors.New("load: the URL has a path and --path names others; allowed: one of them")
			}
			p.Paths = []string{"/" + path}
		}
		if k.FindMax && k.UpTo == "" {
			return errors.New("--find-max: a system that runs already is loaded no higher than you say; allowed: with --up-to RATE")
		}
	case len(k.Target) > 0:
		p.Kind, p.Command, p.URL, p.Title = suite.SystemCommand, k.Target, k.URL, "Load test of "+k.Target[0]
	default:
		return k.reference(p)
	}
	if k.Stores != "" {
		return errors.New("--stores: only the reference cluster is given stores by a flag; allowed: without a URL or a command, or a suite")
	}
	return nil
}

// reference measures the reference cluster with the mix of the built-in suite.
func (k loadCommand) reference(p *loadPlan) error {
	for name, given := range map[string]bool{"--path": len(k.Path) > 0, "--header": len(k.Header) > 0, "--env": len(k.Env) > 0, "--body": k.Body != ""} {
		if given {
			return fmt.Errorf("%s: the reference cluster has requests of its own; allowed: with a URL or a command", name)
		}
	}
	name := "memory-cluster"
	if p.Stores = k.Stores != ""; p.Stores {
		name = "stores"
	}
	w, ok := suite.Builtin().Workload(name)
	if !ok {
		return fmt.Errorf("the built-in suite has no workload %s", name)
	}
	p.Kind, p.Title, p.Mix = suite.SystemReference, "Load test of the reference cluster", w.Mix
	if k.Workers == 0 {
		p.Workers = 4
	}
	return nil
}

// times shares the duration out to the runs.
func (k loadCommand) times(p *loadPlan) error {
	if k.Runs < 1 || k.Runs > suite.MaxRuns {
		return fmt.Errorf("--runs: %d is out of range; allowed: from 1 to %d", k.Runs, suite.MaxRuns)
	}
	total, err := durationFlag("--duration", &k.Duration)
	if err != nil {
		return err
	}
	each := (*total / time.Duration(k.Runs)).Truncate(time.Millisecond)
	if each < suite.MinDuration {
		return fmt.Errorf("--duration: %v leave %v to each of %d runs; allowed: at least %v a run, or --runs 1", *total, each, k.Runs, suite.MinDuration)
	}
	p.Duration = suite.FormatDuration(each)
	for _, f := range []struct {
		name, text string
		into       *string
	}{{"--warmup", k.Warmup, &p.Warmup}, {"--timeout", k.Timeout, &p.Timeout}, {"--p99", k.P99, &p.P99}} {
		if f.text == "" {
			continue
		}
		d, err := durationFlag(f.name, &f.text)
		if err != nil {
			return err
		}
		*f.into = suite.FormatDuration(*d)
	}
	return nil
}

// rates reads the rates, of which the unit may be left out, and the other bounds.
func (k loadCommand) rates(p *loadPlan) error {
	errs, err := suite.ParseShare(k.Errors)
	if err != nil {
		return fmt.Errorf("--errors: %w", err)
	}
	memory, err := suite.ParseSize(k.Memory)
	if err != nil {
		return fmt.Errorf("--memory: %w", err)
	}
	rate, err := rateFlag("--rate", k.Rate)
	if err != nil {
		return err
	}
	p.Errors, p.Memory = errs.String(), memory.String()
	p.Rate = rate.String()
	if k.UpTo == "" {
		return nil
	}
	if p.upTo, err = rateFlag("--up-to", k.UpTo); err != nil {
		return err
	}
	switch {
	case !k.FindMax:
		return errors.New("--up-to: bounds the search of --find-max; allowed: with --find-max")
	case p.upTo < rate:
		return fmt.Errorf("--up-to: %v is below the first rate, %v; allowed: that or more", p.upTo, rate)
	}
	return nil
}

func rateFlag(name, text string) (suite.Rate, error) {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		text += " req/s"
	}
	r, err := suite.ParseRate(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// pairsOf splits texts into names and values.
func pairsOf(flag string, texts []string, at string) ([]suite.Pair, error) {
	var all []suite.Pair
	for _, text := range texts {
		name, value, ok := strings.Cut(text, at)
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, fmt.Errorf("%s: %q has no name; allowed: NAME%sVALUE", flag, text, at)
		}
		if slices.ContainsFunc(all, func(p suite.Pair) bool { return strings.EqualFold(p.Name, name) }) {
			return nil, fmt.Errorf("%s: %s is given twice; allowed: each name once", flag, http.CanonicalHeaderKey(name))
		}
		all = append(all, suite.Pair{Name: name, Value: strings.TrimSpace(value)})
	}
	return all, nil
}

// quoted is a text as YAML and JSON both write it.
func quoted(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

var loadSuite = template.Must(template.New("load").Funcs(template.FuncMap{"quoted": quoted}).Parse(`version: 1
name: load
title: {{quoted .Title}}
source: measured
plan:
  runs: {{.Runs}}
  warmup: {{.Warmup}}
  duration: {{.Duration}}
  timeout: {{.Timeout}}
  seed: 1
  connections: {{.Connections}}
  arrivals: {{quoted .Arrivals}}
  validity: {lateness: 10 %, offered: 99 %, host_noise: 50 %}
dataset: {accounts: 10000, transactions: 100000}
{{- if eq .Kind "command"}}
system:
  kind: command
  command: {{quoted .Command}}
  url: {{quoted .URL}}
  env: { {{- range $i, $v := .Env}}{{if $i}}, {{end}}{{quoted $v.Name}}: {{quoted $v.Value}}{{end -}} }
  {{- template "tls" .}}
  {{- if .ReadyLine}}
  ready_line: {{quoted .ReadyLine}}
  {{- else}}
  ready: {{quoted .Ready}}
  {{- end}}
{{- else if eq .Kind "url"}}
system:
  kind: url
  url: {{quoted .URL}}
  ready: {{quoted .Ready}}
  {{- template "tls" .}}
{{- end}}
workloads:
  - name: requests
{{- if .Mix}}
    kind: platform
    mix: { {{- range $i, $m := .Mix}}{{if $i}}, {{end}}{{$m.Operation}}: {{$m.Share}}{{end -}} }
{{- else}}
    kind: http
    requests:
    {{- range $i, $path := .Paths}}
      - name: r{{$i}}
        method: {{quoted $.Method}}
        path: {{quoted $path}}
        {{- if $.Headers}}
        headers: { {{- range $j, $v := $.Headers}}{{if $j}}, {{end}}{{quoted $v.Name}}: {{quoted $v.Value}}{{end -}} }
        {{- end}}
        {{- if $.Body}}
        body: {{quoted $.Body}}
        {{- end}}
        {{- if $.Status}}
        expect: {status: {{$.Status}}}
        {{- end}}
    {{- end}}
{{- end}}
phases:
  - {phase: 1, name: load, source: measured, cluster: {{.Cluster}}, workers: {{.Workers}}, memory: {{.Memory}}, stores: [{{if .Stores}}postgres, redis{{end}}], rate: {{.Rate}}, workload: requests}
claims:
  - {id: rate, phase: 1, derived: the rate that was asked for, metric: rate, op: ">=", value: {{.Rate}}, tolerance: 1 %}
  - {id: errors, phase: 1, derived: the errors that were allowed, metric: errors, op: "<=", value: {{.Errors}}}
{{- if .P99}}
  - {id: p99, phase: 1, derived: the bound that was asked for, metric: p99, op: "<=", value: {{.P99}}}
{{- end}}
{{define "tls"}}{{if or .CA .HTTP2}}
  tls: { {{- if .CA}}ca: {{quoted .CA}}{{end}}{{if and .CA .HTTP2}}, {{end}}{{if .HTTP2}}http2: true{{end -}} }
{{- end}}{{end}}`))
