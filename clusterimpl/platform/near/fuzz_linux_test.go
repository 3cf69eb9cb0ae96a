package near

import (
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzOpen opens a file whose head and first slot say anything: it is one of exactly the tables that it names, and no
// value is longer than one may be.
func FuzzOpen(f *testing.F) {
	f.Add(uint64(64), uint64(64), int64(size(64, 64)), []byte{0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Add(uint64(64), uint64(63), int64(size(64, 63)), []byte(nil))
	f.Add(uint64(1<<63), uint64(1<<62), int64(headSize), []byte("none"))
	filled := make([]byte, slotSize)
	filled[8*6], filled[8*7+7], filled[8*8] = 1, 0x7f, 5 // epoch, end and length
	f.Add(uint64(128), uint64(64), int64(size(128, 64)), filled)
	f.Fuzz(func(t *testing.T, accounts, sessions uint64, length int64, first []byte) {
		if length < 0 || length > 1<<20 || len(first) > slotSize {
			t.Skip("no file of a test")
		}
		file, err := os.Create(filepath.Join(t.TempDir(), "near"))
		require.NoError(t, err)
		h := head{magic: magic, accounts: accounts, sessions: sessions}
		_, err = file.Write(unsafe.Slice((*byte)(unsafe.Pointer(&h)), headSize))
		require.NoError(t, err)
		_, err = file.Write(first)
		require.NoError(t, err)
		require.NoError(t, file.Truncate(length))
		m, err := Open(file)
		if err != nil {
			return
		}
		defer m.Close()
		assert.Equal(t, accounts, uint64(m.Accounts.Slots()))
		assert.Equal(t, sessions, uint64(m.Sessions.Slots()))
		s := &m.Accounts.slots[0]
		k := Key{s.key[0].Load(), s.key[1].Load()}
		if m.Accounts.slot(k) == s {
			value, _ := m.Accounts.Get(k, s.epoch.Load(), time.Unix(0, 0), nil)
			assert.LessOrEqual(t, len(value), MaxValue)
			m.Accounts.Put(k, s.generation.Load(), 1, time.Unix(1, 0), value)
		}
	})
}
