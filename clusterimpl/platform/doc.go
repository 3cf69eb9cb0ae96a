// Package platform is the application that the reference cluster serves: accounts and
// their transactions, the import of CSV files, portfolio risk, classification of texts,
// logins and sessions. The work is real; the data set decides every answer.
//
// # Stores
//
// Accounts are in SQL, or in the memory of this process when there is no database: then
// each worker has a copy of its own, and a transfer is known to the worker that booked it.
//
// With Redis, accounts are cached as rendered JSON, read through. Keys expire after half a
// minute to a minute, at random, so that they do not expire together; in one worker,
// requests that miss the same account share one query. The race that read-through caches
// have (a slow reader puts an old row back after a write has deleted it) is closed like
// this: a transfer puts a mark in the place of the cached account, after its commit and
// before its answer, and a reader fills only a place that is empty (SET NX). The mark
// outlives every reader that may have read the old row, since a read and its fill have
// less time than that. A Redis that was started again has lost its marks: a reader fills only
// while the lease (below) has the value that it had before the row was read, which a Redis that
// lost its keys does not have. Else those who joined the query read anew, since they may have come
// after a mark that is lost. A mark that Redis cannot take is owed: this worker sets it as soon as
// Redis answers again, and until what was cached has expired, all workers of the cluster read
// the account from SQL. A Redis that lost sight of this cluster but kept its keys may give the
// old balance to another cluster until then.
//
// # The near cache
//
// What was read from Redis, or past a mark from SQL, is also kept in memory that the workers of
// a cluster share (package near), for up to half a minute. It is answered without a system
// call. Two things keep it from being old.
//
// Within a cluster, a transfer bumps the generation of its account in the shared memory: after
// its commit and its mark, and before its answer. A reader that begins after the answer sees
// the new generation, so it takes no entry that was filled under an older one. Nor does it
// take one that was filled under the new one with an old row: who fills reads the generation
// before it asks Redis. If that was the new one, the mark was there already, and it has read
// SQL after the commit, as all do while a mark is owed.
//
// Between clusters that share a Redis and a prefix there is a lease: one key, in which a
// cluster writes its name with a number that no other claim has. These hold:
//
//  1. Near entries carry the number of the claim under which they were filled, and are
//     believed only for a term (a second) from the moment at which a worker last began to read
//     the key and found that claim in it, and only once a worker of the cluster has seen the
//     claim a term ago, or has put it in the place of a free one (3). Else all is as without a
//     near cache.
//  2. A transfer reads the key after its mark, in the same round trip. If it is another
//     cluster's, it is overwritten: nobody has the lease for a minute. Then the transfer waits
//     until the value that it found, or wrote, was first seen by its worker a term ago: as a
//     rule that was long before.
//  3. When all processes of a cluster have ended, its primary replaces a claim that was
//     believed by the word free, for a minute. It was believed, so no other's was; and who
//     believed it has ended. So whoever puts a claim in the place of that word, which only one
//     can, is the only one to believe in any, and need not wait.
//
// Say that a worker believes, after the answer to a transfer, an entry that was filled before
// the transfer's mark, under the claim E of another cluster. It has found E in the key at some
// moment c, at most a term before. The transfer has found or written V, which is not E, at a
// moment r after its mark. Claims are unique, so a value that was replaced never comes back.
// If c were after r, E would have been claimed after r, and no entry of E be older than the
// mark. So c is before r, and E was replaced, at the latest by V, before V was first seen; so
// the answer came a term after c, when the entry was not believed any more.
//
// A transfer that cannot reach Redis cannot read the key. If its cluster has the lease, the
// same argument says that no other believes in its own. Else it waits until Redis has not
// answered for a term, when all who cannot reach it either have stopped to believe. That
// leaves a Redis that only this worker cannot reach, or that has come back with an older copy
// of its keys (also one in which the lease was free), as before.
//
// Sessions are in Redis, where any worker finds them, or in this worker's memory. They never
// change, so those that were found are in the near cache, too, never longer than they live: a
// Redis that has lost them takes up to two terms to be noticed.
//
// Once a cluster may believe its near cache, a term after it has started, one of its workers
// reads the accounts into it, as many as it has room for, in small batches from SQL: a cluster
// that has just started, or has lost its Redis, does not ask for each account once at the price
// of a request. Readers who fill have the same duty: the generations are read before the rows,
// and the claim before both.
//
// # Ready
//
// [New] returns when every connection of the pools is open and every statement is prepared
// on each: a worker that is ready serves its first request as fast as any other. A store that
// does not answer is not waited for: it is connected to behind, and until then what needs it
// answers 503.
//
// # When a store is down, or slow
//
// Without Redis, reads go to SQL, and sessions and logins answer 503. Without SQL, what
// needs it answers 503 with Retry-After; accounts that are cached are still served. A write
// is answered only after its commit, so none is acknowledged and lost. When a store is
// back, it is used again without a restart. Nothing waits longer than [storeTimeout], but for
// a transfer that waits a term besides; where no connection is free in time, the answer is
// 503 and says so ([Platform.Exhausted]). A request that has waited that long leaves its
// connection to the database as it is; see package pool for why.
package platform
