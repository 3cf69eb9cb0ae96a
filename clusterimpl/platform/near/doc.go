// Package near keeps small values in memory that the workers of a cluster share, so that
// what one of them has read need not be asked of a store by any of them.
//
// It knows nothing of stores. A [Table] has a fixed number of slots, each for one key at a
// time, and each with a generation. Who changes what a key stands for bumps the generation
// before the change is acknowledged; who fills says which generation the slot had before the
// value was read from its source. An entry is given to a reader only while the slot still has
// that generation: a reader that begins after the acknowledgement never gets what was read
// before the bump. To read takes no lock and no system call, and to bump never waits, whatever
// becomes of other processes.
//
// Entries also carry an epoch, an arbitrary number that is not 0, and are given only to
// readers that name the same. So all entries can be forgotten at once without being touched.
//
// A process that is killed while it fills a slot leaves that slot empty for as long as the
// memory lives. Nothing else is lost.
package near
