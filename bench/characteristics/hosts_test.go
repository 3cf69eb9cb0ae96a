package characteristics

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// shares are the parts of the runs that a disturbance hits.
var shares = []float64{0, 0.2, 0.4, 0.6}

// roomOf are the margins of hosts that are disturbed or small: false by 10 %, on the edge, true by 10 %, and with a headroom of 2.
var roomOf = []float64{-0.1, 0, 0.1, 1}

// harm is what a disturbance does, which a guard sees either way.
type harm string

const (
	harmless  harm = "nothing comes of it"        // the worst case for a rule that counts passes: chance alone selects
	coreTaken harm = "a core gone for half of it" // one of four servers, for half of the window
)

// disturbed judges "p99 <= bound" of M/M/4 at 50 % utilization while disturbances hit a part of the runs.
func disturbed(what harm, n int) []cell {
	const length = 5.0
	service := 0.5 * float64(even.servers) / rate
	bound := even.medianRun(rand.New(rand.NewPCG(3, 5)), service, length, max(600, 6*n))
	var all []cell
	for _, share := range shares {
		for _, m := range roomOf {
			all = append(all, cell{
				experiment: fmt.Sprintf("| M/M/4, %.0f %% of the runs disturbed, %s | p99 | %s | 6 x %g s |", 100*share, what, medianRun, length),
				margin:     m, verdicts: map[judge.Verdict]int{},
			})
		}
	}
	r := rand.New(rand.NewPCG(7, uint64(len(what))))
	for range n {
		var clean, hit []judge.Evidence
		var lot []float64
		for range longest(6) {
			clean, lot = append(clean, even.run(r, service, length)), append(lot, r.Float64())
			from, to := length, length
			if what == coreTaken {
				from = r.Float64() * length / 2
				to = from + length/2
			}
			e := even.without(r, service, length, from, to)
			e.Noise.SpinAfter = 60 * time.Millisecond
			hit = append(hit, e)
		}
		for i, c := range all {
			runs := make([]judge.Evidence, len(clean))
			for k := range runs {
				if runs[k] = clean[k]; lot[k] < shares[i/len(roomOf)] {
					runs[k] = hit[k]
				}
			}
			c.verdicts[judged(p99Claim(bound*(1+c.margin)), runs, 6)]++
		}
	}
	return all
}

// smallHosts judges claims about 8 cores on a host with 2, at several utilizations of the 8. What is documented is true of the 8
// or not, and what the host does is no matter of that: at most 1 % may be refuted wrongly.
func smallHosts(work func(*rand.Rand) float64, name string, n int) []cell {
	const length, documented, cores = 5.0, 8, 2
	var all []cell
	for at, utilization := range []float64{0.1, 0.2, 0.3, 0.6} {
		service := utilization * documented / rate
		large, small := system{name, documented, work}, system{name, cores, work}
		bound := large.medianRun(rand.New(rand.NewPCG(9, uint64(at))), service, length, max(600, 6*n))
		cells := make([]cell, 0, len(roomOf)+1)
		for _, m := range roomOf {
			cells = append(cells, cell{
				experiment: fmt.Sprintf("| %s/%d at %.0f %%, on a host with %d cores | p99 | %s | 6 x %g s |", name, documented, 100*utilization, cores, medianRun, length),
				margin:     m, verdicts: map[judge.Verdict]int{}, most: 0.01,
				bias: m == 0, // true by nothing on 8 cores, and the correction for fewer is that of exponential work
			})
		}
		cells = append(cells, cell{
			experiment: fmt.Sprintf("| %s/%d at %.0f %%, on a host with %d cores | rate | %s | 6 x %g s |", name, documented, 100*utilization, cores, longRun, length),
			margin:     1/utilization - 1, verdicts: map[judge.Verdict]int{}, most: 0.01,
		})
		claims := make([]suite.Claim, len(cells))
		for i, c := range cells {
			claims[i] = p99Claim(bound * (1 + c.margin))
		}
		claims[len(roomOf)] = suite.Claim{
			ID: "rate", Metric: "rate", Op: suite.AtLeast, Value: suite.Quantity{Value: rate, Unit: suite.RequestsPerSecond}, Tolerance: 0.01,
		}
		r := rand.New(rand.NewPCG(8, uint64(at)))
		for range n {
			var runs []judge.Evidence
			for range longest(6) {
				runs = append(runs, small.run(r, service, length))
			}
			for i, c := range cells {
				c.verdicts[judgedOn(cores, documented, claims[i], runs, 6)]++
			}
		}
		all = append(all, cells...)
	}
	return all
}
