package rawsocket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair is the two ends of a connection, ours raw.
func pair(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	theirs, err = net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	c, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { c.Close(); theirs.Close() })
	return Conn(c), theirs
}

func TestARawConnectionBehavesAsAnyOther(t *testing.T) {
	ours, theirs := pair(t)
	large := bytes.Repeat([]byte("0123456789"), 1<<18) // more than fits into the kernel's buffers
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(io.LimitReader(theirs, int64(len(large))))
		got <- all
	}()
	n, err := ours.Write(large)
	assert.NoError(t, err)
	assert.Equal(t, len(large), n)
	assert.True(t, bytes.Equal(large, <-got))

	n, err = ours.Read(nil)
	assert.Zero(t, n)
	assert.NoError(t, err)
	require.NoError(t, ours.SetReadDeadline(time.Now()))
	_, err = ours.Read(make([]byte, 1))
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
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
	_, err = ours.Read(make([]byte, 1))
	assert.ErrorIs(t, err, net.ErrClosed)
	_, err = ours.Write([]byte("x"))
	assert.ErrorIs(t, err, net.ErrClosed)
}

func TestWhatHasNoDescriptorIsLeftAlone(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	assert.Same(t, a, Conn(a))
}
