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
// less time than that. A mark that Redis cannot take is owed: this worker reads the account
// from SQL until Redis has taken it, and sets it as soon as Redis answers again. A Redis
// that lost sight of the workers but kept its keys may give the old balance to another
// worker until then.
//
// Sessions are in Redis, where any worker finds them, or in this worker's memory.
//
// # When a store is down
//
// Without Redis, reads go to SQL, and sessions and logins answer 503. Without SQL, what
// needs it answers 503 with Retry-After; accounts that are cached are still served. A write
// is answered only after its commit, so none is acknowledged and lost. When a store is
// back, it is used again without a restart. Nothing waits longer than [storeTimeout]; where
// no connection is free in time, the answer is 503 and says so ([Platform.Exhausted]).
package platform
