package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

// TestBadURLs runs the command against addresses at which no system is ready.
func TestBadURLs(t *testing.T) {
	t.Parallel()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, and nobody answers
	require.NoError(t, err)
	t.Cleanup(func() { busy.Close(); secure.Close(); silent.Close() })
	vacant := vacantAddress(t)
	testscript.Run(t, testscript.Params{Dir: "testdata/url", Setup: func(env *testscript.Env) error {
		env.Setenv("VACANT", vacant)
		env.Setenv("SILENT", silent.Addr().String())
		env.Setenv("BUSY", busy.Listener.Addr().String())
		env.Setenv("SECURE", secure.Listener.Addr().String())
		return nil
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status}})
}

// vacantAddress is an address at which nothing listens, and that nobody else can take meanwhile.
func vacantAddress(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	at, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
}
