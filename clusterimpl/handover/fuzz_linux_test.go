package handover

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/journal"
)

// FuzzTake sends any message, with a descriptor or none: it names the entry that it names, and each connection that
// comes is counted once as closed.
func FuzzTake(f *testing.F) {
	f.Add(message{kind: msgConnection, entry: 1}.encode(), true)
	f.Add(message{kind: msgConnection, entry: -1}.encode(), true)
	f.Add(message{kind: msgConnection, entry: 1 << 30}.encode(), false)
	f.Add(message{kind: msgEnd}.encode(), false)
	f.Add([]byte{1}, true)
	book, err := journal.Create(1, 2)
	require.NoError(f, err)
	f.Cleanup(book.Close)
	q := &queue{book: book, post: book.Post(1)}
	f.Fuzz(func(t *testing.T, data []byte, carries bool) {
		if len(data) == 0 || len(data) > 1<<10 {
			t.Skip("no message")
		}
		l, err := newLine(1, q.post)
		require.NoError(t, err)
		defer l.close()
		var rights []byte
		if carries {
			rights = unix.UnixRights(l.ours)
		}
		require.NoError(t, unix.Sendmsg(l.ours, data, rights, nil, unix.MSG_DONTWAIT))
		m, err := receive(int(l.theirs.Fd()), unix.MSG_DONTWAIT)
		if err != nil {
			assert.Less(t, len(data), messageSize)
			return
		}
		assert.Equal(t, data[:messageSize], m.encode())
		assert.Equal(t, carries, m.conn >= 0)
		before := q.post.Closed.Load()
		if conn := q.take(m); conn != nil {
			assert.True(t, carries)
			assert.NoError(t, conn.Close())
			assert.Error(t, conn.Close())
		}
		assert.Equal(t, before+1, q.post.Closed.Load())
	})
}
