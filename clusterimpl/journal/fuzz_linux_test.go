package journal

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzSettle ends a worker that has left anything in its entry: what goes to another worker is what was read.
func FuzzSettle(f *testing.F) {
	f.Add(uint64(0), uint64(0), uint64(30), uint64(20), uint32(taken|begun), uint64(30), uint64(0), "GET / HTTP/1.1")
	f.Add(uint64(7), uint64(9), uint64(50), uint64(25), uint32(taken|begun), uint64(32), uint64(59), "POST / HTTP/1.1")
	f.Add(uint64(0), uint64(0), uint64(2), uint64(9000), uint32(taken|begun), uint64(9000), uint64(2), "POST /large ")
	f.Add(uint64(5), uint64(0), uint64(inPieces), uint64(1), uint32(taken|unclear), uint64(9), uint64(1<<63), "")
	f.Fuzz(func(t *testing.T, start, wrote, answer, length uint64, flags uint32, read, written uint64, data string) {
		e := &Entry{}
		e.start.Store(start)
		e.wrote.Store(wrote)
		e.answer.Store(answer)
		e.length.Store(length)
		e.flags.Store(flags)
		copy(e.data[:], data)
		fate := e.Settle(Totals{Read: read, Written: written, Open: true})
		if flags&taken == 0 || fate != HandOn && fate != Replay {
			return
		}
		assert.LessOrEqual(t, e.noted.Load(), uint32(room))
		assert.Equal(t, read, e.start.Load()+uint64(e.noted.Load()))
		assert.Equal(t, written, e.wrote.Load())
		assert.Zero(t, e.flags.Load())
	})
}

// FuzzWhole writes anything as an answer: what is taken for a whole one is none without its last byte, nor with
// one more.
func FuzzWhole(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	f.Add("HTTP/1.1 204 No Content\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: -2\r\n\r\n")
	f.Add("HTTP/1.1 100 Continue\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if !whole([]byte(text)) {
			return
		}
		assert.False(t, whole([]byte(text[:len(text)-1])))
		assert.False(t, whole([]byte(text+"x")))
		assert.GreaterOrEqual(t, text, "HTTP/1.1 2", "an answer to come is none")
	})
}

// FuzzOpen opens a file whose header says anything, and empties a list on which a worker has left anything.
func FuzzOpen(f *testing.F) {
	f.Add(uint64(2), uint64(3), int64(5*pageSize), []byte{1, 0, 0, 0, 3, 0, 0, 0, 1})
	f.Add(uint64(0), uint64(0), int64(pageSize), []byte(nil))
	f.Add(uint64(1<<63), uint64(1<<52), int64(pageSize), []byte("none"))
	f.Fuzz(func(t *testing.T, workers, entries uint64, length int64, list []byte) {
		if length < 0 || length > 1<<20 {
			t.Skip("no file of a test")
		}
		file, err := os.Create(filepath.Join(t.TempDir(), "journal"))
		require.NoError(t, err)
		header := binary.NativeEndian.AppendUint64(nil, magic)
		header = binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(header, workers), entries)
		_, err = file.Write(header)
		require.NoError(t, err)
		require.NoError(t, file.Truncate(length))
		b, err := Open(file)
		if err != nil {
			return
		}
		defer b.Close()
		assert.Equal(t, workers, uint64(b.Workers()))
		assert.Equal(t, entries, uint64(b.Entries()))
		assert.Equal(t, length, size(b.Workers(), b.Entries()))
		numbers := make([]uint32, 1+b.Entries())
		_, _ = binary.Decode(append(list, make([]byte, 4*len(numbers))...), binary.LittleEndian, numbers)
		b.Post(1).given.Store(numbers[0])
		for n := range b.Entries() {
			b.Entry(n).next.Store(numbers[1+n])
		}
		given := 0
		b.Given(b.Post(1), func(n int) { b.Entry(n).Closed(); given++ })
		assert.LessOrEqual(t, given, b.Entries())
	})
}
