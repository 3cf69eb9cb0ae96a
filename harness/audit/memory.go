package audit

import (
	"fmt"
	"math"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// memories holds the memory of configurations of different groups with equally many
// workers against each other.
func memories(in Input) []Relation {
	var relations []Relation
	for i, a := range in.Configurations {
		for _, b := range in.Configurations[i+1:] {
			if a.Group == b.Group || a.Workers != b.Workers || a.total() == 0 || b.total() == 0 {
				continue
			}
			relations = append(relations, memory(a, b))
		}
	}
	return relations
}

// memory is the relation between two statements on the memory of as many workers.
func memory(a, b Configuration) Relation {
	if a.total() < b.total() {
		a, b = b, a
	}
	r := Relation{
		ID: "memory/" + a.ID + "+" + b.ID, Law: "sum over the workers", Between: []string{a.ID, b.ID},
		Sources: sources([]Configuration{a, b}), Outcome: Consistent,
	}
	times := float64(a.total()) / float64(b.total())
	r.add("total of "+a.ID, Exactly(inMiB(a.total())), mebibytes)
	r.add("total of "+b.ID, Exactly(inMiB(b.total())), mebibytes)
	r.add("factor", Exactly(times), "")
	r.Says = fmt.Sprintf("%s: %s. %s: %s.", a.ID, statement(a), b.ID, statement(b))
	switch {
	case times == 1:
		r.Says += " They are equal."
	case a.Memory.Meaning == Use && b.Memory.Meaning == Limit:
		r.Outcome = Contradictory
		r.Says += fmt.Sprintf(" The use is %s times the limit.", tenth(times))
	case a.Memory.Meaning != "" && a.Memory.Meaning == b.Memory.Meaning:
		r.Outcome = Contradictory
		r.Says += fmt.Sprintf(" Both are a %s, and %s times apart.", a.Memory.Meaning, tenth(times))
	case a.Memory.Meaning == Limit && b.Memory.Meaning == Use:
		r.Says += fmt.Sprintf(" The limit is %s times the use.", tenth(times))
	default:
		r.Outcome = OnlyIf
		r.Says += fmt.Sprintf(" They are %s times apart.", tenth(times))
		r.Conditions = []string{
			fmt.Sprintf("the %s of %s are a limit and the %s of %s are use", size(a.total()), a.ID, size(b.total()),
				b.ID),
		}
	}
	return r
}

// statement is what a configuration says about its memory.
func statement(c Configuration) string {
	what := ""
	if c.Memory.Meaning != "" {
		what = " as " + string(c.Memory.Meaning)
	}
	if c.Memory.Total > 0 || c.Workers == 1 {
		return size(c.total()) + " in total" + what
	}
	return fmt.Sprintf("%s for each of %s%s, %s in total", size(c.Memory.PerWorker), workers(c.Workers), what,
		size(c.total()))
}

// memoryPerWorker holds the memory of a worker within one group against itself, where
// the group states totals.
func memoryPerWorker(in Input) []Relation {
	var relations []Relation
	var stated []Configuration
	for _, c := range in.Configurations {
		if c.Memory.Total > 0 {
			stated = append(stated, c)
		}
	}
	for _, rows := range groups(stated, func(c Configuration) string { return c.Group }) {
		if len(rows) < 2 {
			continue
		}
		r := Relation{
			ID: "memory per worker/" + ids(rows, "+"), Law: "sum over the workers", Between: idsOf(rows),
			Sources: sources(rows), Outcome: Consistent,
		}
		each := Range{math.Inf(1), 0}
		for _, c := range rows {
			v := inMiB(c.Memory.Total) / float64(c.Workers)
			each = Range{min(each.Low, v), max(each.High, v)}
		}
		r.add("memory per worker", each, mebibytes)
		r.Says = fmt.Sprintf("Total memory over workers is %s in %s.", span(each, "MiB per worker", digits),
			list(idsOf(rows)))
		if each.High > each.Low*1.01 {
			r.Outcome = OnlyIf
			r.Conditions = []string{"the workers differ in what they keep in memory, or share some of it"}
		}
		relations = append(relations, r)
	}
	return relations
}

// advised holds advice on the host's memory against the limits of the default configuration.
func advised(in Input) []Relation {
	var relations []Relation
	for _, a := range in.Advice {
		if a.Least <= 0 || a.Workers < 1 || a.PerWorker <= 0 {
			continue
		}
		total := a.PerWorker * suite.Size(a.Workers)
		times := float64(total) / float64(a.Least)
		r := Relation{
			ID: "advice/" + a.ID, Law: "sum over the workers", Between: []string{a.ID}, Sources: []string{a.Source},
			Outcome: Consistent,
		}
		r.add("advised from", Exactly(inMiB(a.Least)), mebibytes)
		r.add("default total", Exactly(inMiB(total)), mebibytes)
		r.add("factor", Exactly(times), "")
		r.Says = fmt.Sprintf("Advised from %s of memory on; the default of %s with %s each may use %s.", size(a.Least),
			workers(a.Workers), size(a.PerWorker), size(total))
		if total > a.Least {
			r.Outcome = OnlyIf
			r.Says += fmt.Sprintf(" A host that just meets the advice has %s of that.", percents(Exactly(1/times)))
			r.Conditions = []string{
				fmt.Sprintf("the limit is no reservation, and a worker stays below %s on such a host",
					size(a.Least/suite.Size(a.Workers))),
			}
			for _, c := range in.Configurations {
				if c.Memory.Total > 0 && c.Workers == a.Workers && c.Memory.Total <= a.Least {
					r.Between, r.Sources = append(r.Between, c.ID), append(r.Sources, c.Source)
					r.Conditions[0] += fmt.Sprintf(" (%s states %s in total)", c.ID, size(c.Memory.Total))
				}
			}
		}
		relations = append(relations, r)
	}
	return relations
}

func inMiB(s suite.Size) float64 { return float64(s) / float64(suite.MiB) }
