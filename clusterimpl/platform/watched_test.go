package platform

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/rawsocket"
)

func TestARedisConnectionSaysWhenItHasEnded(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	inner, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer inner.Close()
	theirs, err := ln.Accept()
	require.NoError(t, err)
	defer theirs.Close()
	raw, err := watch(rawsocket.Conn(inner)).(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	asked := false
	ask := func(uintptr) bool {
		asked = true
		return true
	}
	assert.NoError(t, raw.Read(ask))
	assert.False(t, asked, "there is nothing to be seen")
	_, err = theirs.Write([]byte("x"))
	require.NoError(t, err)
	for !asked { // once it has come
		require.NoError(t, raw.Read(ask))
	}
	_, err = inner.Read(make([]byte, 1))
	require.NoError(t, err)
	theirs.Close()
	for asked = false; !asked; {
		require.NoError(t, raw.Read(ask))
	}
	inner.Close()
	assert.ErrorIs(t, raw.Read(ask), net.ErrClosed)
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	assert.Same(t, a, watch(a))
}
