package control_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers at a new socket until the test ends.
func serve(t *testing.T, do func(control.Request, func(error))) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	ln, err := control.Listen(path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { control.Serve(ctx, ln, do); close(done) }()
	t.Cleanup(func() {
		cancel()
		<-done
		_, err := os.Stat(path)
		assert.ErrorIs(t, err, os.ErrNotExist, "the socket goes with the cluster")
	})
	return path
}

func TestARequestIsCarriedOutAndAnswered(t *testing.T) {
	path := serve(t, func(r control.Request, done func(error)) {
		if r.Workers > 4 {
			done(errors.New("too many"))
			return
		}
		done(nil)
	})
	assert.NoError(t, control.Send(t.Context(), path, control.Request{Do: control.Scale, Workers: 4}))
	assert.EqualError(t, control.Send(t.Context(), path, control.Request{Do: control.Scale, Workers: 5}),
		"scale the cluster: too many")
}

func TestOnlyTheOwnerMayOpenTheSocket(t *testing.T) {
	info, err := os.Stat(serve(t, nil))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestGarbageIsAnswered(t *testing.T) {
	path := serve(t, func(control.Request, func(error)) { t.Error("carried out") })
	for _, garbage := range []string{"hello\n", "\x00\n", strings.Repeat("x", 10000) + "\n"} {
		conn, err := net.Dial("unix", path)
		require.NoError(t, err)
		fmt.Fprint(conn, garbage)
		reply, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil { // a reply to more than is read may be lost
			assert.Contains(t, reply, "no request could be read")
		}
		conn.Close()
	}
}

func TestAnEndedClusterAnswersWhoWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := control.Listen(path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan struct{})
	go func() {
		control.Serve(ctx, ln, func(control.Request, func(error)) { cancel() })
		close(served)
	}()
	assert.Error(t, control.Send(t.Context(), path, control.Request{Do: control.Reload}))
	<-served
}

func TestWhereNobodyListens(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	assert.ErrorContains(t, control.Send(t.Context(), path, control.Request{Do: control.Reload}),
		"no cluster listens at "+path)
	ln, err := control.Listen(path)
	require.NoError(t, err)
	_, err = control.Listen(path)
	assert.ErrorContains(t, err, "another cluster has it")
	ln.SetUnlinkOnClose(false)
	ln.Close()
	again, err := control.Listen(path)
	require.NoError(t, err, "a socket that was left behind is replaced")
	again.Close()
	for _, bad := range []string{"relative", "/" + strings.Repeat("x", 101)} {
		_, err := control.Listen(bad)
		assert.ErrorContains(t, err, "want an absolute path of at most 100 bytes")
	}
}
