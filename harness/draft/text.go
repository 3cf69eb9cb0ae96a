package draft

import (
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Values that every draft starts with.
const (
	rate     = "50 req/s" // enough for a p99 in every run, little for any system
	runs     = 6
	warmup   = 2  // s
	duration = 10 // s
)

const listed = 20 // lines of what was left out

// text writes the suite: head, system, requests as many as a suite can hold, and claims.
func (d Draft) text(all []Request, leftOut []string) (string, error) {
	var head, tail page
	d.head(&head)
	d.system(&head)
	leave(&tail, leftOut)
	d.tail(&tail)
	room := suite.MaxFile - head.Len() - tail.Len() - 1000
	blocks, active, tooMany := fit(all, room)
	if active == 0 {
		if len(leftOut) > 0 {
			return "", fmt.Errorf("%s %w, e.g. %s", d.Source, errNothing, leftOut[0])
		}
		return "", fmt.Errorf("%s %w", d.Source, errNothing)
	}
	head.WriteString(strings.Join(blocks, ""))
	if tooMany > 0 {
		head.comment(6, fmt.Sprintf("%d further requests are left out, for a suite has at most %d KiB: "+
			"name the paths that count, as in `nameplate init FILE /orders /users`.", tooMany, suite.MaxFile>>10))
	}
	return head.String() + tail.String(), nil
}

// fit renders requests for as long as there is room; active counts those that are sent.
func fit(all []Request, room int) (blocks []string, active, tooMany int) {
	for _, r := range all {
		var p page
		r.write(&p)
		if p.Len() > room || len(blocks) >= requests {
			tooMany++
			continue
		}
		room -= p.Len()
		if r.Off && (len(blocks) == active) {
			blocks = append(blocks,
				"      # These change the state of the system and are not sent: take the # away from those "+
					"that may be.\n")
		}
		blocks = append(blocks, p.String())
		if !r.Off {
			active++
		}
	}
	return blocks, active, tooMany
}

// leave says what was left out.
func leave(p *page, leftOut []string) {
	if len(leftOut) == 0 {
		return
	}
	p.line(6, "# Left out:")
	for _, l := range leftOut[:min(listed, len(leftOut))] {
		p.comment(6, "- "+l)
	}
	if more := len(leftOut) - listed; more > 0 {
		p.line(6, "# - and %d more", more)
	}
}

func (d Draft) head(p *page) {
	title := Line(d.Title)
	if title == "" {
		title = Line(d.Source)
	}
	p.line(0, "# yaml-language-server: $schema="+suite.SchemaURL)
	p.line(0, "#")
	p.comment(0, fmt.Sprintf(
		"A suite of a system of your own, drafted by `nameplate init` from %s. It can be run as it is:", d.Source))
	p.WriteString(`#
#   nameplate suite check FILE     is it a suite?
#   nameplate audit FILE           can its claims all be true?
#   nameplate verify FILE          drive the system and judge the claims
#
# What is yours to decide is marked TODO: which requests in which shares, at which rate, and
# what is claimed.
`)
	for _, n := range d.Notes {
		p.line(0, "#")
		p.comment(0, n)
	}
	p.line(0, "")
	p.line(0, "version: 1")
	p.line(0, "name: %s", Name(strings.ToLower(title), "drafted"))
	p.line(0, "title: %s", Quoted(title, 2))
	p.line(0, "source: %s   # TODO: the document that states the figures, e.g. docs/capacity.md",
		Quoted(Line(d.Source), 2))
	fmt.Fprintf(p, `
# How the phase is measured: %d runs of %d s each, warm-up included.
plan:
  runs: %d                 # independent runs; 6 of 6 must agree for a verdict
  warmup: %d s             # under load already, recorded but not judged
  duration: %d s          # the measurement window
  timeout: 10 s           # a request without an answer by then has failed
  seed: 1                 # of every random choice
  connections: 64         # most that the generator holds open
  arrivals: constant      # evenly spaced; or poisson: as from many independent users
  validity: {schedule_lag: 10 %%, offered: 99 %%, host_noise: 50 %%}
dataset: {accounts: 1000, transactions: 1000}   # of the built-in stores; this system has none
`, runs, warmup+duration, runs, warmup, duration)
}

func (d Draft) system(p *page) {
	p.line(0, "")
	for _, n := range d.System.Notes {
		p.comment(0, n)
	}
	p.line(0, "system:")
	if len(d.System.Command) == 0 {
		p.line(2, "kind: url               # runs already; a command would be started for each run")
	} else {
		p.line(2, "kind: command           # started for each run, and stopped after it")
		var words []string
		for _, w := range d.System.Command {
			words = append(words, Quoted(w, 4))
		}
		p.line(2, "command: [%s]", strings.Join(words, ", "))
		p.line(2, `env: {PORT: "${port}"}   # TODO: however the command is told its port`)
	}
	p.line(2, "url: %s", Quoted(d.System.URL, 4))
	if d.System.Ready != "" {
		p.line(2, "ready: %s   # answers once the system is ready", pathText(d.System.Ready))
	}
	if len(d.System.IOwn) > 0 {
		p.line(2, "i_own: [%s]", Quoted(d.System.IOwn[0], 4))
	}
	p.WriteString(`
# What is asked of it. TODO: weight says how often, relative to the others: take the shares from
# an access log. ${random:1-1000}, ${seq} and, with rows: FILE.csv, ${row.COLUMN} make requests differ.
workloads:
  - name: requests
    kind: http
    requests:
`)
}

// write writes the request as an entry of a list.
func (r Request) write(out *page) {
	p := &page{}
	for _, n := range r.Notes {
		p.comment(0, n)
	}
	p.line(0, "- name: %s", r.Name)
	if r.Weight > 1 {
		p.line(2, "weight: %d", min(r.Weight, 1_000_000))
	}
	if r.Method != "GET" {
		p.line(2, "method: %s", r.Method)
	}
	p.line(2, "path: %s", pathText(r.Path))
	p.headers(2, r.Headers)
	for _, h := range r.Hints {
		p.line(2, "# %s", Line(h))
	}
	if r.Body != "" {
		p.body(2, r.Body)
	}
	p.expect(2, r.Expect)
	lead := strings.Repeat(" ", 6)
	if r.Off {
		lead += "# "
	}
	for l := range strings.Lines(p.String()) {
		out.WriteString(lead + l)
	}
}

func (d Draft) tail(p *page) {
	at := place(d.Source)
	fmt.Fprintf(p, `
# TODO: the rate at which the claims are to hold, and what the system has for it. cluster, workers
# and memory are what the report says of it; a command is also told them, by ${workers} and ${memory_mib}.
phases:
  - phase: 1
    name: load
    source: %s   # TODO: where the document describes this, e.g. docs/capacity.md#load
    cluster: false
    workers: 1
    memory: 512 MiB
    stores: []
    rate: %s
    workload: requests

# What is judged. The three below are examples, and derived says so: a report tells them from what
# a document states. TODO: a sentence of your guide becomes a claim, with the place where it stands. Of
#
#   "One instance handles 300-400 requests per second with a p99 below 200 ms, on 4 cores."
#
# with rate: 300 req/s in the phase above:
#
#   - {id: guide.rate, phase: 1, source: docs/capacity.md#load, metric: rate, op: ">=", value: 300 req/s, to: 400 req/s, tolerance: 1 %%, needs: {cores: 4}}
#   - {id: guide.p99, phase: 1, source: docs/capacity.md#load, metric: p99, op: "<=", value: 200 ms, needs: {cores: 4}}
#
# Other metrics: p50, p90, p999, lost, gap%s.
claims:
  # Good answers per second; at most the phase's rate. From the capacity that is promised, or the
  # busiest minute of an access log divided by 60.
  - {id: load.rate, phase: 1, derived: an example until a document says it, metric: rate, op: ">=", value: %s, tolerance: 1 %%}
  # Response time that 99 of 100 requests keep, waiting included. From a service level objective, or
  # from what the callers' own time-outs allow.
  - {id: load.p99, phase: 1, derived: an example until a document says it, metric: p99, op: "<=", value: 200 ms}
  # Failed requests: no answer in time, or another one than expected. From an error budget: 99.9 %% good
  # answers leave 0.1 %%.
  - {id: load.errors, phase: 1, derived: an example until a document says it, metric: errors, op: "<=", value: 0.1 %%}
`, Quoted(at, 4), rate, ofProcesses(d.System), rate)
}

// ofProcesses are metrics of a system whose processes are known.
func ofProcesses(s System) string {
	if len(s.Command) == 0 {
		return ""
	}
	return ", and of the processes of a command cpu, memory, memory_all"
}
