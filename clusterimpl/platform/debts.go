package platform

import (
	"sync"
	"sync/atomic"
)

// settleBatch is how many owed marks are set at once.
const settleBatch = 500

// debts are the accounts whose marks Redis did not take, because it was down. As long as
// one is owed, this worker does not believe what is cached of the account.
type debts struct {
	settling sync.Mutex   // held by who pays
	count    atomic.Int64 // of accounts; spares the lock when there are none

	mu sync.Mutex
	of map[int64]uint64 // account → number of the latest transfer that owes its mark
	n  uint64
}

func (d *debts) any() bool { return d.count.Load() > 0 }

func (d *debts) has(id int64) bool {
	if !d.any() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, owed := d.of[id]
	return owed
}

func (d *debts) add(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = map[int64]uint64{}
	}
	d.n++
	d.of[id] = d.n
	d.count.Store(int64(len(d.of)))
}

// some returns at most so many debts.
func (d *debts) some(most int) map[int64]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make(map[int64]uint64, min(most, len(d.of)))
	for id, n := range d.of {
		if len(list) == most {
			break
		}
		list[id] = n
	}
	return list
}

// paid forgets debts, but not those that a later transfer has made since.
func (d *debts) paid(list map[int64]uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, n := range list {
		if d.of[id] == n {
			delete(d.of, id)
		}
	}
	d.count.Store(int64(len(d.of)))
}
