package queueing

// The operational laws hold for any system that completes what arrives, whatever its
// distributions. Source: Denning and Buzen, The Operational Analysis of Queueing Network
// Models, ACM Computing Surveys 10 (1978), 225–261; numbers follow Lazowska et al.,
// Quantitative System Performance, chapter 3.

// Little is the mean number of requests in a system, L = λW, from their rate in 1/s and
// the mean time that each spends in it, in seconds.
func Little(rate, time float64) float64 { return rate * time }

// Demand is the time of a resource that one request takes, in seconds: D = U·c/X, from
// the utilization U of its c servers, in the range [0,1], and the throughput X in 1/s
// (utilization law).
func Demand(utilization, servers, throughput float64) float64 {
	return utilization * servers / throughput
}

// Busy is the mean number of servers that are busy, X·D, from the throughput in 1/s and
// the demand in seconds (utilization law, summed over the servers).
func Busy(throughput, demand float64) float64 { return throughput * demand }

// Throughput is the throughput in 1/s at which c servers are busy to the share U, in the
// range [0,1], at a demand in seconds: X = U·c/D (utilization law).
func Throughput(utilization, servers, demand float64) float64 {
	return utilization * servers / demand
}

// ForcedFlow is the throughput of a resource in 1/s, X_k = V_k·X, from the number of
// visits that each request makes to it and the system's throughput in 1/s.
func ForcedFlow(visits, throughput float64) float64 { return visits * throughput }
