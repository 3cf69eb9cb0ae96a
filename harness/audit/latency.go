package audit

import (
	"fmt"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/queueing"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// latencies holds documented p99s against those of an M/M/c queue at the documented
// utilization: Poisson arrivals, exponential work, c cores. Real work of less variation
// waits less, of more variation longer, so that a bound below the queue's p99 is a
// condition on the work and not yet a contradiction; one below the mean work is.
func latencies(in Input) []Relation {
	var relations []Relation
	for _, c := range references(in) {
		if c.P99 <= 0 || c.Utilization.Low < c.Utilization.High {
			continue // an upper bound on the utilization fixes no waiting time
		}
		d, _ := demand(c)
		r := Relation{ID: "p99/" + c.ID, Law: "M/M/c", Between: []string{c.ID}, Sources: sources([]Configuration{c})}
		bound := c.P99.Seconds() * 1000
		p99 := Range{p99Of(c, d.Low), p99Of(c, d.High)}
		if math.IsInf(p99.High, 1) {
			continue // fully busy: Erlang's queue has no end, and no p99
		}
		r.add("p99 documented", Exactly(bound), milliseconds)
		r.add("p99 of M/M/c", p99, milliseconds)
		r.Says = fmt.Sprintf("%s states p99 %s. %s at %s busy and %s per request have p99 %s, if they are an "+
			"M/M/%d queue.",
			c.ID, ms(Exactly(bound)), plural(c.Cores, "core"), percents(Exactly(c.Utilization.High)), ms(d), ms(p99),
			c.Cores)
		switch {
		case bound < d.Low:
			r.Outcome = Contradictory
			r.Says += " The mean processor time alone is longer than the documented p99."
		case bound < p99.Low:
			r.Outcome = OnlyIf
			r.Conditions = []string{
				"requests take more even time than exponential, or arrive more evenly than at random",
			}
		default:
			r.Outcome = Consistent
		}
		relations = append(relations, r)
	}
	return relations
}

// p99Of is the p99 in ms of a configuration as an M/M/c queue with the given work in ms.
func p99Of(c Configuration, work float64) float64 {
	q, err := queueing.NewMMC(c.Cores, queueing.Throughput(c.Utilization.High, float64(c.Cores), work/1000), work/1000)
	if err != nil {
		return math.Inf(1)
	}
	return 1000 * q.ResponseQuantile(0.99)
}

// connections holds the generator's connections against Little's law: with more requests
// in the system than connections, the rest would wait for one.
func connections(in Input) []Relation {
	var relations []Relation
	for _, c := range in.Configurations {
		if in.Connections < 1 || c.P99 <= 0 || c.Rate.Low <= 0 {
			continue
		}
		r := Relation{
			ID: "connections/" + c.ID, Law: "Little's law", Between: []string{c.ID},
			Sources: sources([]Configuration{c}), Outcome: Consistent,
		}
		inside := queueing.Little(c.Rate.High, c.P99.Seconds())
		r.add("requests in the system at the p99", Exactly(inside), "")
		r.Says = fmt.Sprintf("At %s, %s are in the system if each took the p99 of %s; the generator holds %d "+
			"connections.",
			rate(Exactly(c.Rate.High)), plural(int(math.Ceil(inside)), "request"), ms(Exactly(c.P99.Seconds()*1000)),
			in.Connections)
		if inside > float64(in.Connections) {
			mean := 1000 * float64(in.Connections) / c.Rate.High
			r.add("mean response at most", Exactly(mean), milliseconds)
			r.Outcome = OnlyIf
			r.Conditions = []string{
				fmt.Sprintf("the mean response time is at most %s; else requests wait for a connection, which "+
					"counts against the system", ms(Exactly(mean))),
			}
		}
		relations = append(relations, r)
	}
	return relations
}

// flows says what throughput the stores must have for what is asked of the workers.
func flows(in Input) []Relation {
	var relations []Relation
	for _, c := range in.Configurations {
		if c.Writes == nil || *c.Writes <= 0 || c.Rate.Low <= 0 || !has(c.Stores, suite.Postgres) {
			continue
		}
		writes := Range{
			queueing.ForcedFlow(float64(*c.Writes), c.Rate.Low), queueing.ForcedFlow(float64(*c.Writes), c.Rate.High),
		}
		r := Relation{
			ID: "writes/" + c.ID, Law: "forced flow law", Between: []string{c.ID}, Sources: sources([]Configuration{c}),
			Outcome: OnlyIf,
		}
		r.add("durable writes", writes, "1/s")
		r.Says = fmt.Sprintf("%s of the requests of %s write durably, at %s.", percentOf(float64(*c.Writes)), c.ID,
			rate(c.Rate))
		r.Conditions = []string{fmt.Sprintf("the database commits %s", span(writes, "transactions a second", digits))}
		relations = append(relations, r)
	}
	return relations
}

func percentOf(share float64) string { return two(100*share) + " %" }

func has(stores []suite.Store, s suite.Store) bool { return slices.Contains(stores, s) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return digits(float64(n)) + " " + noun + "s"
}
