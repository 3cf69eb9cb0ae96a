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
// in turn. It keeps a descriptor itself, and a journal in shared memory tells how far
// each connection's request has come (package journal): when a worker dies or hangs,
// its connections go to others, idempotent requests under way are made again, once,
// and others are answered with status 502. Nobody's connection is reset.
//
// What decided it are prototypes of the ways that there are, with two workers on two
// cores (keep-alive req/s of a tiny handler; Jain's index of evenness, 1 is perfectly
// even; requests that failed when one of two workers was killed at 1,000 req/s):
//
//	one listening socket, inherited   78,000   0.79; 0.46 with four workers   10–20
//	SO_REUSEPORT                      73,500   1.00; 0.95 with few clients    10–20
//	hand-over                         75,000   0.98; 1.00 under light load    10–20
//	hand-over with a journal          72,700   0.98; 1.00 under light load    0
//	the primary as a proxy            22,100   1.00                           0
//
// An inherited socket favours the worker that was woken last. SO_REUSEPORT spreads by
// hash, whether a worker is busy or not, and a worker that dies takes the connections
// in its accept queue along. A proxy does everything twice.
//
// BenchmarkDistribution compares this code's three. Medians of eight interleaved runs
// (four for new connections) on two cores that were shared with the clients, in µs of
// the cluster's processor time per request (range), and the range of Jain's index:
//
//	                    journal              hand-over            inherited
//	kept connections    21 (19–26), 1.00     21 (18–27), 1.00     21 (17–26), 0.50–0.98
//	a connection each   87 (82–91), 1.00     88 (78–90), 1.00     83 (76–99), 0.99–1.00
//
// So what the journal costs is within the noise. It needs Linux, and totals of each
// connection that the kernel keeps (TCP_INFO); where it lacks these, connections are
// handed over without a journal, and on other systems the workers inherit one
// listening socket. CLUSTER_DISTRIBUTION asks for one of the three.
//
// Connections that stay open do not stay where they are for ever: when a worker is new,
// and once a second, those that have more than their share give some back, between two
// requests, and the primary hands them on.
//
// # Serving
//
// Workers serve plain requests with a small server of their own, which writes each answer at
// once, and leave what is not plain to net/http (package lean; both answer alike, and a fuzz
// test checks that they agree). They use their sockets without telling the Go
// scheduler, which would wake a thread for each (package quick). What workers read of the
// stores they share in memory (package near); package platform says why nobody is given what
// is older than an acknowledged transfer. That memory comes from the primary and outlives
// every worker. On systems that have no such memory each worker keeps what it reads to itself.
//
// # Supervision
//
// Package supervise decides when a worker is started, replaced or given up; package
// primary does it. A worker shows a sign of life every 200 ms. One that is silent for a
// second is examined, and replaced when it is stopped or does nothing at all; one that
// is merely busy is left alone until the documented health check, a request, fails.
//
// # Memory
//
// MEMORY_LIMIT holds for each worker. Its collector works harder from 90 % of it on
// (GOMEMLIMIT); the primary looks at the resident size ten times a second, and a worker beyond
// the limit finishes what it has and is replaced. At 1.5 times the limit it is killed, by
// the primary or, where control groups can be made, by the kernel (package cage).
//
// # Changing
//
// SIGHUP, [Cluster.Reload] and `nameplate cluster reload` replace all workers: one more
// is started, and once it is ready the others are replaced one by one, each giving its
// connections back between two requests. [Cluster.Scale] and `nameplate cluster scale`
// change their number in the same way. No request fails, and no connection ends.
//
// # Stopping
//
// SIGTERM drains: connections that the kernel has accepted are still taken, every
// request that arrives on an open connection is answered, with "Connection: close",
// and connections that stay idle are closed last, between two requests. The listening
// socket is first made deaf to new connections and then closed, since closing resets
// what arrives in between.
package clusterimpl
