package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"
)

// What the test's program is told when it is started to serve.
const (
	serveTest = "NAMEPLATE_SERVE_TEST" // name of the test that it serves for
	servePort = "NAMEPLATE_SERVE_PORT"
)

// servingLine is printed once connections are taken.
const servingLine = "nameplate: the handler takes connections"

// closing is how long requests under way may take once the end was told.
const closing = 5 * time.Second

// serveIfAsked serves and then skips the rest of the test, when this process was started for that.
func serveIfAsked(t testing.TB, s System) {
	t.Helper()
	test, asked := os.LookupEnv(serveTest)
	if !asked {
		return
	}
	h, ok := s.(handler)
	if test != t.Name() || !ok {
		t.Skipf("another test serves here: %s", test)
	}
	if err := serve(t.Context(), h, os.Getenv(servePort)); err != nil {
		t.Fatalf("serve: %v", err)
	}
	t.Skip("served until it was told to end")
}

// served are the tests that have a handler under way, by name.
var served sync.Map

// onceInTest refuses a second handler in the same test: its process would serve the first one.
func onceInTest(t testing.TB, s System) {
	t.Helper()
	if _, ok := s.(handler); !ok {
		return
	}
	name := t.Name()
	if _, again := served.LoadOrStore(name, true); again {
		t.Fatal("verify: this test has verified a handler already; allowed: one in a test or subtest")
	}
	t.Cleanup(func() { served.Delete(name) })
}

// serve serves at a port of the loopback until SIGTERM.
func serve(ctx context.Context, h http.Handler, port string) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Println(servingLine)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	err = server.Shutdown(ctx)
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
