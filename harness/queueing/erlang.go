// Package queueing holds the operational laws and the M/M/c queue: what a
// documented throughput, utilization and response time imply for each other.
//
// It is pure arithmetic on closed forms. It simulates nothing, measures nothing and does
// not say whether a system is such a queue.
package queueing

import (
	"fmt"
	"math"
)

// MaxServers is the most servers that a queue may have; it bounds the recursion's length.
const MaxServers = 1_000_000

// ErlangB is the share of arrivals that find all servers busy, and are lost, in an
// M/M/c/c system with c servers in the range [0, [MaxServers]] and an offered load of
// a = λ/μ Erlang, a >= 0. NaN outside of these.
//
// The inverse recursion 1/B(n) = 1 + n/a · 1/B(n-1) only adds positive terms, so that
// nothing cancels and no factorial overflows. Source: Jagerman, Some Properties of the
// Erlang Loss Function, Bell System Technical Journal 53 (1974), 525–551.
func ErlangB(c int, a float64) float64 {
	switch {
	case c < 0 || c > MaxServers || !(a >= 0) || math.IsInf(a, 1):
		return math.NaN()
	case c == 0:
		return 1
	case a == 0:
		return 0
	}
	inverse := 1.0
	for n := 1; n <= c; n++ {
		inverse = 1 + float64(n)/a*inverse
		if math.IsInf(inverse, 1) {
			return 0 // and so for every larger c: B falls as servers are added
		}
	}
	return 1 / inverse
}

// ErlangC is the share of arrivals that have to wait in an M/M/c queue with c servers
// and an offered load of a = λ/μ Erlang; 1 when a >= c, where the queue grows without
// end. NaN where [ErlangB] is, and for c = 0.
//
// C = B / (1 - ρ(1-B)) with ρ = a/c. Source: Kleinrock, Queueing Systems, Volume 1,
// section 3.5.
func ErlangC(c int, a float64) float64 {
	b := ErlangB(c, a)
	switch {
	case math.IsNaN(b) || c == 0:
		return math.NaN()
	case a >= float64(c):
		return 1
	}
	rho := a / float64(c)
	return b / (1 - rho*(1-b))
}

// problem says what is wrong with the parameters of a queue.
func problem(what string, value any, allowed string) error {
	return fmt.Errorf("queue with %s %v: allowed is %s", what, value, allowed)
}
