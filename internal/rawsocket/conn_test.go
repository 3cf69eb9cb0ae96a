package rawsocket

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ends is a raw connection and the plain one at its other end.
func ends(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	theirs, err = l.Accept()
	require.NoError(t, err)
	ours = Conn(conn)
	t.Cleanup(func() {
		ours.Close()
		theirs.Close()
	})
	return ours, theirs
}

func TestARawConnectionCarriesMoreThanASocketHolds(t *testing.T) {
	ours, theirs := ends(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB
	go io.Copy(theirs, theirs)                              // an echo
	go func() {
		n, err := ours.Write(sent)
		assert.NoError(t, err)
		assert.Equal(t, len(sent), n)
	}()
	got := make([]byte, len(sent))
	_, err := io.ReadFull(ours, got)
	require.NoError(t, err)
	assert.Equal(t, sha256.Sum256(sent), sha256.Sum256(got))
}

func TestARawConnectionEndsLikeAnyConnection(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(ours, theirs net.Conn)
		want error
	}{
		{"the other side closes", func(_, theirs net.Conn) { theirs.Close() }, io.EOF},
		{"it is closed", func(ours, _ net.Conn) { ours.Close() }, net.ErrClosed},
		{"the deadline passes", func(ours, _ net.Conn) { ours.SetDeadline(time.Now()) }, os.ErrDeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := ends(t)
			n, err := ours.Read(nil)
			assert.Zero(t, n)
			require.NoError(t, err)
			time.AfterFunc(10*time.Millisecond, func() { c.end(ours, theirs) })
			_, err = ours.Read(make([]byte, 10))
			assert.ErrorIs(t, err, c.want)
		})
	}
}

func TestARawConnectionIsUsedOnAfterADeadline(t *testing.T) {
	ours, theirs := ends(t)
	require.NoError(t, ours.SetReadDeadline(time.Now()))
	_, err := ours.Read(make([]byte, 1))
	var timeout net.Error
	assert.True(t, errors.As(err, &timeout) && timeout.Timeout())
	require.NoError(t, ours.SetReadDeadline(time.Time{}))
	_, err = theirs.Write([]byte("hello"))
	require.NoError(t, err)
	theirs.Close()
	all, err := io.ReadAll(ours)
	assert.NoError(t, err)
	assert.Equal(t, "hello", string(all))
	ours.Close()
	_, err = ours.Write([]byte("x"))
	assert.ErrorIs(t, err, net.ErrClosed)
}

func TestWhatHasNoDescriptorIsLeftAlone(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	assert.Same(t, a, Conn(a))
}

func TestARawConnectionSaysWhatTheSystemSays(t *testing.T) {
	ours, theirs := ends(t)
	require.NoError(t, theirs.(*net.TCPConn).SetLinger(0)) // a reset
	theirs.Close()
	_, err := ours.Read(make([]byte, 10))
	assert.ErrorContains(t, err, "connection reset by peer")
	assert.ErrorContains(t, err, "read tcp 127.0.0.1:")
	_, err = ours.Write(make([]byte, 10))
	assert.ErrorContains(t, err, "write tcp 127.0.0.1:")
}
