package handover_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
)

func TestADrainingReceiverTakesWhatTheKernelHasAccepted(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := handover.Direct(ln.(*net.TCPListener))
	defer r.Close()
	for range 3 {
		c, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		defer c.Close()
	}
	r.Drain()
	for range 3 {
		c, err := r.Accept()
		require.NoError(t, err)
		c.Close()
	}
	_, err = r.Accept()
	assert.ErrorIs(t, err, net.ErrClosed)
	_, err = net.Dial("tcp", ln.Addr().String())
	assert.Error(t, err)
}

func TestDrainWakesAnAccept(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := handover.Direct(ln.(*net.TCPListener))
	accepted := make(chan error)
	go func() {
		_, err := r.Accept()
		accepted <- err
	}()
	r.Drain()
	assert.ErrorIs(t, <-accepted, net.ErrClosed)
}
