package near

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"
)

// MaxValue is the longest value that is kept, in bytes; longer ones are not.
const MaxValue = 8 * bodyWords

const (
	bodyWords = 23
	slotSize  = 256 // bytes
)

// Key names a value. Its first word decides about the slot.
type Key [2]uint64

// slot is one entry. It is read and written word by word, so that no reader meets half a word.
type slot struct {
	lock       atomic.Uint64 // odd while an entry is being written; it grows with each
	generation atomic.Uint64 // of the slot, now
	distrusted atomic.Int64  // until then, in nanoseconds since 1970, the source is not to be believed
	key        [2]atomic.Uint64
	filled     atomic.Uint64 // generation before the value was read from its source
	epoch      atomic.Uint64
	expires    atomic.Int64 // nanoseconds since 1970
	length     atomic.Uint64
	body       [bodyWords]atomic.Uint64
}

var _ [slotSize]byte = [unsafe.Sizeof(slot{})]byte{}

// Table is a cache of fixed size, which several processes may use at once.
type Table struct {
	slots []slot // a power of two
	mask  uint64
}

func (t *Table) slot(k Key) *slot { return &t.slots[k[0]&t.mask] }

// Slots is how many values there is room for.
func (t *Table) Slots() int { return len(t.slots) }

// Generation is what [Table.Put] needs to be told. It is to be read before the value is.
func (t *Table) Generation(k Key) uint64 { return t.slot(k).generation.Load() }

// Bump makes all that was read of a key before now invalid, for every process.
func (t *Table) Bump(k Key) { t.slot(k).generation.Add(1) }

// Distrust tells every process that what the source holds of a key may be old for some time.
// To be seen by whoever sees a bump, it comes first.
func (t *Table) Distrust(k Key, until time.Time) {
	s, at := t.slot(k), until.UnixNano()
	for {
		known := s.distrusted.Load()
		if known >= at || s.distrusted.CompareAndSwap(known, at) {
			return
		}
	}
}

// Distrusted says whether the source may be old. It is to be asked after [Table.Generation].
func (t *Table) Distrusted(k Key, now time.Time) bool {
	return now.UnixNano() < t.slot(k).distrusted.Load()
}

// Get appends a value to dst; false when it is not there, or not valid any more.
func (t *Table) Get(k Key, epoch uint64, now time.Time, dst []byte) ([]byte, bool) {
	s := t.slot(k)
	lock := s.lock.Load()
	at, length := now.UnixNano(), s.length.Load()
	switch {
	case lock&1 == 1, epoch == 0, s.epoch.Load() != epoch, s.key[0].Load() != k[0], s.key[1].Load() != k[1],
		s.filled.Load() != s.generation.Load(), at >= s.expires.Load(), length > MaxValue:
		return dst, false
	}
	before := len(dst)
	dst = slices.Grow(dst, int(length+7)&^7)
	for i := range int(length+7) / 8 {
		dst = binary.LittleEndian.AppendUint64(dst, s.body[i].Load())
	}
	if s.lock.Load() != lock { // another entry came meanwhile
		return dst[:before], false
	}
	return dst[:before+int(length)], true
}

// Put keeps a value that was read after [Table.Generation] returned. It does nothing when
// the value is too long, or while another process fills the slot.
func (t *Table) Put(k Key, generation, epoch uint64, expires time.Time, value []byte) {
	s := t.slot(k)
	lock := s.lock.Load()
	if len(value) > MaxValue || epoch == 0 || lock&1 == 1 || !s.lock.CompareAndSwap(lock, lock+1) {
		return
	}
	s.key[0].Store(k[0])
	s.key[1].Store(k[1])
	s.filled.Store(generation)
	s.epoch.Store(epoch)
	s.expires.Store(expires.UnixNano())
	s.length.Store(uint64(len(value)))
	var word [8]byte
	for i := 0; len(value) > 0; i++ {
		clear(word[copy(word[:], value):])
		s.body[i].Store(binary.LittleEndian.Uint64(word[:]))
		value = value[min(8, len(value)):]
	}
	s.lock.Store(lock + 2)
}
