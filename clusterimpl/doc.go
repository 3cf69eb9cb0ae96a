// Package clusterimpl is the reference cluster: a primary process that starts worker
// processes, one core's worth each, which serve one port together.
//
// # Processes
//
// All processes are this binary, started again; [Hook], called first in main, makes
// each play its part. With CLUSTER_MODE=false one process serves by itself. A cluster
// is started as children of this process ([Start]), or in the foreground ([Run]).
//
// No process outlives the one that started it, SIGKILL included. Each child watches a
// pipe or socket whose other end its parent holds, and ends when that closes; on Linux
// the kernel kills it too (PR_SET_PDEATHSIG, see package process).
//
// # How connections come to workers
//
// The primary accepts, and hands each connection's descriptor (SCM_RIGHTS over a
// socket pair) to the worker with the fewest open connections; of equals, to the next
// in turn. What decided it are prototypes of the ways that there are, with two workers
// on two cores (keep-alive req/s of a tiny handler; Jain's index of evenness, 1 is
// perfectly even):
//
//	one listening socket, inherited   78,000   0.79; 0.46 with four workers
//	SO_REUSEPORT                      73,500   1.00; 0.95 with few connections
//	hand-over                         75,000   0.98; 1.00 under light load
//	the primary as a proxy            22,100   1.00
//
// An inherited socket favours the worker that was woken last. SO_REUSEPORT spreads by
// hash, whether a worker is busy or not, and a worker that dies takes the connections
// in its accept queue along. A proxy does everything twice. With hand-over the choice
// is the primary's: a connection that a dead worker had not taken yet goes to another.
//
// BenchmarkDistribution compares this code's two. Medians of eight interleaved runs on
// two cores that were shared with other work, in µs of the cluster's processor time per
// request (range), and the range of Jain's index:
//
//	                    hand-over                   inherited
//	kept connections    23 (19–28), 0.994–1.000     22 (19–31), 0.50–0.89
//	a connection each   97 (91–100), 1.000          88 (84–104), 0.994–1.000
//
// So a connection costs about a tenth more; per request on a kept connection the
// difference is within the noise. The code is package handover; where the kernel lacks
// it, the workers inherit one listening socket (CLUSTER_DISTRIBUTION=inherited asks for
// that).
//
// # Supervision
//
// Package supervise decides when a worker is started, replaced or given up; package
// primary does it. A worker shows a sign of life every 200 ms. One that is silent for a
// second is examined, and replaced when it is stopped or does nothing at all; one that
// is merely busy is left alone until the documented health check, a request, fails.
//
// # Stopping
//
// SIGTERM drains: connections that the kernel has accepted are still taken, every
// request that arrives on an open connection is answered, with "Connection: close",
// and connections that stay idle are closed last, between two requests. The listening
// socket is first made deaf to new connections and then closed, since closing resets
// what arrives in between.
package clusterimpl
