package handover

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/internal/needs"
)

func TestAQuietSocketKeepsWhatItHasAndTakesNoMore(t *testing.T) {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	ln := l.(*net.TCPListener)
	early, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer early.Close()

	err = quiet(ln)
	if errors.Is(err, unix.EPERM) {
		needs.Absent(t, "filters", "", "this user may attach no filter to a socket")
	}
	require.NoError(t, err)
	_, err = net.DialTimeout("tcp", l.Addr().String(), 100*time.Millisecond)
	var failed net.Error
	require.ErrorAs(t, err, &failed)
	assert.True(t, failed.Timeout(), "neither accepted nor refused: %v", err)
	accepted, err := ln.Accept()
	require.NoError(t, err, "the early connection is still there")
	defer accepted.Close()
	_, err = early.Write([]byte("x"))
	require.NoError(t, err)
	_, err = accepted.Read(make([]byte, 1))
	assert.NoError(t, err)
}
