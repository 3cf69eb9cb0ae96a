// Package audit checks the claims of a document for consistency before anything runs.
//
// The operational laws hold for any system, so that figures which break them cannot all be
// true. Each relation between claims is printed with its numbers and comes out as
// consistent, contradictory, or holding only under a condition, which is stated.
//
// It is pure: it opens nothing, drives nothing and reads no clock. It says what claims
// imply for each other, and not which of them is the wrong one; that takes a measurement.
package audit

import (
	"fmt"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Input is what a document claims, in the terms of the laws. [FromSuite] derives it from a suite.
type Input struct {
	Configurations []Configuration
	Advice         []Advice
	// Work is the processor time of one request where it is known apart from the
	// configurations, such as that of a calibrated workload; 0 when it is not.
	Work time.Duration
	// Connections is the most connections that the load generator holds; 0 for no limit.
	Connections int
}

// Configuration is one documented configuration of the system. What the document does not
// say is zero, and no relation uses it.
type Configuration struct {
	ID     string // as it is called in the relations, e.g. "B8"
	Source string // where the document describes it
	// Group is the table or list that it is a row of: rows of one group are compared with
	// each other for their scaling, rows of different groups for the same figures.
	Group   string
	Workers int   // worker processes, at least 1
	Rate    Range // in req/s; equal ends for a single figure
	P99     time.Duration
	Memory  Memory
	// Utilization of Cores, as shares in the range [0,1]: equal ends for a figure, from 0 for an upper bound.
	Utilization Range
	Cores       int
	// Work tells what a request does: configurations with the same text do the same.
	Work string
	// Stores are what a request may use beside the workers' own time.
	Stores []suite.Store
	// Cacheable is the share of the requests that a cache can answer; nil when that is not known.
	Cacheable *suite.Share
	// Writes is the share of the requests that write durably; nil when that is not known.
	Writes *suite.Share
}

// Memory is what a document says about memory: the sum over the workers, or one of them.
type Memory struct {
	Total     suite.Size // of all workers together
	PerWorker suite.Size
	Meaning   Meaning
}

// Meaning says what a size of memory is.
type Meaning string

// The meanings there are; "" is a size of which the document does not say what it means.
const (
	Limit Meaning = "limit" // may not be exceeded
	Use   Meaning = "use"   // was seen
)

// total is the size over all workers; 0 when the document says nothing.
func (c Configuration) total() suite.Size {
	if c.Memory.Total > 0 {
		return c.Memory.Total
	}
	return c.Memory.PerWorker * suite.Size(c.Workers)
}

// Advice is a bound on the host's memory that a document gives for a default configuration.
type Advice struct {
	ID        string
	Source    string
	Least     suite.Size // memory of the host from which on the configuration is advised
	Workers   int        // of that configuration by default
	PerWorker suite.Size // memory limit of each by default
}

// Range is an interval of values, Low <= High.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Exactly is the range of one value.
func Exactly(v float64) Range { return Range{v, v} }

// Outcome is how two claims stand to each other.
type Outcome string

// The outcomes.
const (
	Consistent    Outcome = "consistent"    // both can be true
	Contradictory Outcome = "contradictory" // at least one is wrong
	OnlyIf        Outcome = "holds only if" // both can be true under the stated condition
)

// Figure is one number that a relation rests on or leads to.
type Figure struct {
	Name string `json:"name"`
	Range
	Unit string `json:"unit"` // "" for a plain ratio
}

// Relation is what a law makes of some claims.
type Relation struct {
	ID         string   `json:"id"`         // unique within a report, e.g. "capacity/phase 4"
	Law        string   `json:"law"`        // e.g. "utilization law"
	Between    []string `json:"between"`    // IDs of the configurations
	Outcome    Outcome  `json:"outcome"`    // never empty
	Says       string   `json:"says"`       // the relation in one or two sentences, with its numbers
	Conditions []string `json:"conditions"` // when it "holds only if": any one suffices; else what else follows
	Figures    []Figure `json:"figures"`
	Sources    []string `json:"sources"` // in the document
}

// Figure returns the figure of the given name.
func (r Relation) Figure(name string) (Range, bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Range, true
		}
	}
	return Range{}, false
}

// add appends a figure.
func (r *Relation) add(name string, v Range, unit string) {
	r.Figures = append(r.Figures, Figure{name, v, unit})
}

// Report is every relation that was found, contradictory ones included.
type Report struct {
	Relations []Relation `json:"relations"`
}

// Count is the number of relations of an outcome.
func (r Report) Count(o Outcome) int {
	n := 0
	for _, rel := range r.Relations {
		if rel.Outcome == o {
			n++
		}
	}
	return n
}

// Relation returns the relation with the given ID.
func (r Report) Relation(id string) (Relation, bool) {
	for _, rel := range r.Relations {
		if rel.ID == id {
			return rel, true
		}
	}
	return Relation{}, false
}

// Check derives every relation between the claims. It is an error when a configuration is
// not one, such as one without workers or with a range that is upside down.
func Check(in Input) (Report, error) {
	if err := in.check(); err != nil {
		return Report{}, err
	}
	report := Report{Relations: []Relation{}}
	for _, derive := range []func(Input) []Relation{
		demands, scalings, capacities, latencies, connections, flows, memories, memoryPerWorker, advised,
	} {
		report.Relations = append(report.Relations, derive(in)...)
	}
	return report, nil
}

// check says everything that is wrong with the input.
func (in Input) check() error {
	var wrong []string
	seen := map[string]bool{}
	for i, c := range in.Configurations {
		say := func(format string, args ...any) {
			wrong = append(wrong, fmt.Sprintf("configuration %d (%q): ", i+1, c.ID)+fmt.Sprintf(format, args...))
		}
		switch {
		case c.ID == "" || seen[c.ID]:
			say("allowed is an ID that is not empty and not given twice")
		case c.Workers < 1:
			say("workers %d: allowed is at least 1", c.Workers)
		case !(c.Rate.Low >= 0 && c.Rate.High >= c.Rate.Low && c.Rate.High < 1e12):
			say("rate %v to %v: allowed is a rising range from 0", c.Rate.Low, c.Rate.High)
		case !(c.Utilization.Low >= 0 && c.Utilization.High >= c.Utilization.Low && c.Utilization.High <= 1):
			say("utilization %v to %v: allowed is a rising range of shares from 0 to 1", c.Utilization.Low,
				c.Utilization.High)
		case c.P99 < 0 || c.Cores < 0 || c.Memory.Total < 0 || c.Memory.PerWorker < 0:
			say("a negative figure: allowed is at least 0")
		}
		seen[c.ID] = true
	}
	if len(wrong) > 0 {
		return fmt.Errorf("audit: %s", strings.Join(wrong, "; "))
	}
	return nil
}
