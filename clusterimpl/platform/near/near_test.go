package near

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func get(t *Table, k Key, epoch uint64, now time.Time) string {
	value, ok := t.Get(k, epoch, now, nil)
	if !ok {
		return "–"
	}
	return string(value)
}

func TestAValueIsGivenWhileNothingHasChanged(t *testing.T) {
	m := New(100, 100)
	table := &m.Accounts
	k := Key{7, 8}
	for _, value := range []string{"", "1", "12345678", "123456789", string(make([]byte, MaxValue))} {
		table.Put(k, table.Generation(k), 5, noon.Add(time.Second), []byte(value))
		assert.Equal(t, value, get(table, k, 5, noon))
	}
	table.Put(k, table.Generation(k), 5, noon.Add(time.Second), []byte("v"))
	assert.Equal(t, "–", get(table, k, 6, noon), "another epoch")
	assert.Equal(t, "–", get(table, k, 0, noon), "no epoch")
	assert.Equal(t, "–", get(table, Key{7, 9}, 5, noon), "another key of the same slot")
	assert.Equal(t, "–", get(table, Key{7 + 128, 8}, 5, noon), "another key of the same slot")
	assert.Equal(t, "–", get(table, k, 5, noon.Add(time.Second)), "its time is over")
	assert.Equal(t, "–", get(&m.Sessions, k, 5, noon), "another table")
	got, ok := table.Get(k, 5, noon, []byte("before "))
	assert.True(t, ok)
	assert.Equal(t, "before v", string(got))
	table.Bump(Key{7 + 128, 0})
	assert.Equal(t, "–", get(table, k, 5, noon), "something in its slot has changed")
}

func TestAValueThatWasReadBeforeAChangeIsNotGiven(t *testing.T) {
	table := &New(1, 1).Accounts
	k := Key{3}
	before := table.Generation(k)
	table.Bump(k)
	table.Put(k, before, 1, noon.Add(time.Second), []byte("old"))
	assert.Equal(t, "–", get(table, k, 1, noon))
	table.Put(k, table.Generation(k), 1, noon.Add(time.Second), []byte("new"))
	assert.Equal(t, "new", get(table, k, 1, noon))
	table.Put(k, table.Generation(k), 1, noon.Add(time.Second), make([]byte, MaxValue+1))
	assert.Equal(t, "new", get(table, k, 1, noon), "what is too long is not kept")
	table.Put(k, table.Generation(k), 0, noon.Add(time.Second), []byte("none"))
	assert.Equal(t, "new", get(table, k, 1, noon), "nor what has no epoch")
}

func TestASourceIsDistrustedForAsLongAsAnybodySays(t *testing.T) {
	table := &New(1, 1).Accounts
	k := Key{3}
	assert.False(t, table.Distrusted(k, noon))
	table.Distrust(k, noon.Add(2*time.Second))
	table.Distrust(k, noon.Add(time.Second))
	assert.True(t, table.Distrusted(k, noon.Add(2*time.Second-1)))
	assert.False(t, table.Distrusted(k, noon.Add(2*time.Second)))
	assert.False(t, table.Distrusted(Key{4}, noon))
}

func TestASlotWhoseWriterWasKilledStaysEmptyAndHoldsNobodyUp(t *testing.T) {
	table := &New(1, 1).Accounts
	k := Key{3}
	table.Put(k, table.Generation(k), 1, noon.Add(time.Second), []byte("v"))
	table.slot(k).lock.Add(1)
	assert.Equal(t, "–", get(table, k, 1, noon))
	table.Put(k, table.Generation(k), 1, noon.Add(time.Second), []byte("w"))
	table.Bump(k)
	assert.Equal(t, "–", get(table, k, 1, noon))
}

func TestTheSizeIsBounded(t *testing.T) {
	for keys, want := range map[int]int{0: 64, 1: 64, 64: 64, 65: 128, 10_000: 16384, 10_000_000: 16384} {
		assert.Equal(t, want, slots(keys), keys)
	}
}

// TestNoReaderGetsHalfAValueOrOneThatIsOlderThanAnAcknowledgedChange runs writers, which
// change a register and bump before they acknowledge, against readers that fill from it.
func TestNoReaderGetsHalfAValueOrOneThatIsOlderThanAnAcknowledgedChange(t *testing.T) {
	const keys, writers, readers, each = 3, 2, 4, 20_000
	table := &New(1, 1).Accounts
	var source, acknowledged [keys]atomic.Uint64
	var turn [keys]sync.Mutex // one change of a key at a time, as a database has it
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			for range each {
				i := rng.IntN(keys)
				turn[i].Lock()
				n := source[i].Add(1)
				table.Bump(Key{uint64(i * 64)}) // all in one slot
				acknowledged[i].Store(n)
				turn[i].Unlock()
			}
		})
	}
	var hits, wrong atomic.Uint64
	for r := range readers {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(2, uint64(r)))
			var room [64]byte
			for range each {
				i := rng.IntN(keys)
				k := Key{uint64(i * 64)}
				least := acknowledged[i].Load()
				value, ok := table.Get(k, 1, noon, room[:0])
				if ok {
					hits.Add(1)
					n, again := binary.BigEndian.Uint64(value), binary.BigEndian.Uint64(value[40:])
					if len(value) != 48 || n != again || n < least {
						wrong.Add(1)
					}
					continue
				}
				generation := table.Generation(k)
				n := source[i].Load()
				body := make([]byte, 48)
				binary.BigEndian.PutUint64(body, n)
				binary.BigEndian.PutUint64(body[40:], n)
				table.Put(k, generation, 1, noon.Add(time.Second), body)
			}
		})
	}
	all.Wait()
	assert.Zero(t, wrong.Load())
	assert.Positive(t, hits.Load())
}

func TestAMemoryHasADomainAndRemembersWhatIsTrusted(t *testing.T) {
	a, b := New(1, 1), New(1, 1)
	assert.NotEqual(t, a.Domain(), b.Domain())
	assert.Zero(t, a.Trusted())
	a.Trust(9)
	assert.EqualValues(t, 9, a.Trusted())
	assert.True(t, a.Claim(9))
	assert.False(t, a.Claim(9), "the first is to do it")
	assert.True(t, a.Claim(10))
	assert.Equal(t, leastSlots, a.Accounts.Slots())
	assert.Nil(t, a.File())
	assert.NoError(t, a.Close())
}

func BenchmarkGet(b *testing.B) {
	table := &New(10_000, 1).Accounts
	k := Key{77}
	table.Put(k, table.Generation(k), 1, noon.Add(time.Second), fmt.Appendf(nil, "%0118d", 1))
	var room [MaxValue]byte
	for b.Loop() {
		_, ok := table.Get(k, 1, noon, room[:0])
		require.True(b, ok)
	}
}
