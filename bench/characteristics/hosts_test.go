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

// roomOf are the margins of hosts that are disturbed: false by 10 %, on the edge, true by 10 %, and with a headroom
// of 2.
var roomOf = []float64{-0.1, 0, 0.1, 1}

// roomOfSmall are those of small hosts, of which false by half is the first: what is missed by so much while processors
// had room is to stay refuted.
var roomOfSmall = append([]float64{-0.5}, roomOf...)

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
				experiment: fmt.Sprintf("| M/M/4, %.0f %% of the runs disturbed, %s | p99 | %s | 6 x %g s |", 100*share,
					what, medianRun, length),
				margin: m, verdicts: map[judge.Verdict]int{},
			})
		}
	}
	for repetition := range n {
		stream := func(of uint64) *rand.Rand { return rand.New(rand.NewPCG(7+of, uint64(len(what)*n+repetition))) }
		r, other := stream(0), stream(1)
		lot, clean := lazy(stream(2).Float64), lazy(func() judge.Evidence { return even.run(r, service, length) })
		hit := lazy(func() judge.Evidence {
			from, to := length, length
			if what == coreTaken {
				from = other.Float64() * length / 2
				to = from + length/2
			}
			e := even.without(other, service, length, from, to)
			e.Noise.SpinAfter = 60 * time.Millisecond
			return e
		})
		for i, c := range all {
			runs := func(k int) judge.Evidence {
				if lot(k) < shares[i/len(roomOf)] {
					return hit(k)
				}
				return clean(k)
			}
			c.verdicts[judged(p99Claim(bound*(1+c.margin)), runs, 6)]++
		}
	}
	return all
}

// smallHosts judges claims about 8 cores on a host with 2, at several utilizations of the 8. What is documented is true
// of the 8 or not, and what the host does is no matter of that: at most 1 % may be refuted wrongly.
func smallHosts(work func(*rand.Rand) float64, name string, utilizations []float64, n int) []cell {
	const length, documented, cores = 5.0, 8, 2
	var all []cell
	for at, utilization := range utilizations {
		service := utilization * documented / rate
		large, small := system{name, documented, work}, system{name, cores, work}
		bound := large.medianRun(rand.New(rand.NewPCG(9, uint64(at))), service, length, max(600, 6*n))
		on := fmt.Sprintf("%s at %.0f %%, on a host with %d cores", name, 100*utilization, cores)
		cells := make([]cell, 0, len(roomOfSmall)+1)
		for _, m := range roomOfSmall {
			cells = append(cells, cell{
				experiment: fmt.Sprintf("| %s | p99 | %s | 6 x %g s |", on, medianRun, length),
				margin:     m, verdicts: map[judge.Verdict]int{}, most: 0.01,
			})
		}
		cells = append(cells, cell{
			experiment: fmt.Sprintf("| %s | rate | %s | 6 x %g s |", on, longRun, length),
			margin:     1/utilization - 1, verdicts: map[judge.Verdict]int{}, most: 0.01,
		})
		claims := make([]suite.Claim, len(cells))
		for i, c := range cells {
			claims[i] = p99Claim(bound * (1 + c.margin))
		}
		claims[len(roomOfSmall)] = suite.Claim{
			ID: "rate", Metric: "rate", Op: suite.AtLeast,
			Value: suite.Quantity{Value: rate, Unit: suite.RequestsPerSecond}, Tolerance: 0.01,
		}
		r := rand.New(rand.NewPCG(8, uint64(at)))
		for range n {
			runs := lazy(func() judge.Evidence { return small.run(r, service, length) })
			for i, c := range cells {
				c.verdicts[judgedOn(cores, documented, claims[i], runs, 6)]++
			}
		}
		all = append(all, cells...)
	}
	return all
}
