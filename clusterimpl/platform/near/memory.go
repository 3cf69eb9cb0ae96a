package near

import (
	"math/bits"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"unsafe"
)

// The number of slots that a table may have.
const (
	leastSlots = 64
	mostSlots  = 1 << 14 // 4 MiB
)

// Memory is what the workers of one cluster share.
type Memory struct {
	Accounts Table
	Sessions Table

	head  *head
	file  *os.File // nil when no other process has it
	unmap func()
}

// head tells whoever opens a memory how it is divided.
type head struct {
	magic    uint64
	domain   uint64
	accounts uint64 // slots
	sessions uint64 // slots
	trusted  atomic.Uint64
	claimed  atomic.Uint64
	_        [headSize - 48]byte
}

const (
	headSize        = 4096
	magic    uint64 = 0x6e616d656e656172
)

// slots is a number of slots for so many keys.
func slots(keys int) int {
	return min(mostSlots, max(leastSlots, 1<<bits.Len(uint(max(0, keys-1)))))
}

func size(accounts, sessions int) int { return headSize + (accounts+sessions)*slotSize }

// New makes a memory for about so many accounts and sessions that no other process can open.
// It need not be closed.
func New(accounts, sessions int) *Memory {
	accounts, sessions = slots(accounts), slots(sessions)
	words := make([]uint64, size(accounts, sessions)/8) // aligned as the slots want it
	data := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 8*len(words))
	return divide(data, func() {}, nil, accounts, sessions, true)
}

// divide makes tables of bytes; new ones are all zero.
func divide(data []byte, unmap func(), file *os.File, accounts, sessions int, fresh bool) *Memory {
	m := &Memory{head: (*head)(unsafe.Pointer(unsafe.SliceData(data))), file: file, unmap: unmap}
	if fresh {
		m.head.magic, m.head.domain = magic, rand.Uint64()
		m.head.accounts, m.head.sessions = uint64(accounts), uint64(sessions)
	}
	all := unsafe.Slice((*slot)(unsafe.Pointer(&data[headSize])), accounts+sessions) // page-aligned
	m.Accounts = Table{all[:accounts], uint64(accounts - 1)}
	m.Sessions = Table{all[accounts:], uint64(sessions - 1)}
	return m
}

// Domain names this memory among all there are: who shares it sees each other's bumps.
func (m *Memory) Domain() string { return strconv.FormatUint(m.head.domain, 16) }

// Trust tells all who share this memory what one of them has found out: that an epoch is old
// enough to be believed.
func (m *Memory) Trust(epoch uint64) { m.head.trusted.Store(epoch) }

// Trusted is the epoch that was told last; 0 for none.
func (m *Memory) Trusted() uint64 { return m.head.trusted.Load() }

// Claim tells whether the caller is the first of all who share this memory to ask for an epoch
// since another was asked for: what is to be done once for an epoch is then the caller's.
func (m *Memory) Claim(epoch uint64) bool {
	before := m.head.claimed.Load()
	return before != epoch && m.head.claimed.CompareAndSwap(before, epoch)
}

// File is what another process needs to open the memory; nil where there is no such thing,
// nor a memory.
func (m *Memory) File() *os.File {
	if m == nil {
		return nil
	}
	return m.file
}

// Close releases the memory; no table of it may be used any more.
func (m *Memory) Close() error {
	m.unmap()
	if m.file != nil {
		return m.file.Close()
	}
	return nil
}
