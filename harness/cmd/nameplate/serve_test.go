package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServeEndsWithSuccessWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self, "serve", "--listen", "localhost:0", t.TempDir())
	c.Env = append(os.Environ(), asCommand+"=1")
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	url, _, _ := strings.Cut(said, " ")
	response, err := http.Get(url + "live/events") // which goes on, and is broken off
	require.NoError(t, err)
	defer response.Body.Close()
	first := make([]byte, 6)
	_, err = io.ReadFull(response.Body, first)
	require.NoError(t, err)
	assert.Equal(t, "retry:", string(first))
	require.NoError(t, c.Process.Signal(os.Interrupt))
	require.NoError(t, c.Wait())
	assert.Empty(t, stderr.String())
}

func TestServeSaysThatAPortIsTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	var stdout, stderr strings.Builder
	args := []string{"serve", "--listen", taken.Addr().String(), t.TempDir()}
	status := Main(t.Context(), args, nil, &stdout, &stderr)
	assert.Equal(t, 4, status)
	assert.Contains(t, stderr.String(), "is in use; allowed: another port, or 0 for one that is free")
	assert.Empty(t, stdout.String())
}
