// Package control carries commands to a running cluster, over a socket that only its
// owner can open: one JSON object per line each way.
package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Action is what a cluster can be told.
type Action string

// The actions there are.
const (
	Reload Action = "reload" // replace every worker by a new one, without losing a request
	Scale  Action = "scale"  // change the number of workers
)

// Request is one command.
type Request struct {
	ID      uint64 `json:"id,omitempty"` // of whoever asks; the reply has the same
	Do      Action `json:"do"`
	Workers int    `json:"workers,omitempty"` // 1 to 256, to scale
}

// Reply says how it went.
type Reply struct {
	ID    uint64 `json:"id,omitempty"`
	Error string `json:"error,omitempty"` // empty when it is done
}

// longestPath is what a socket's address has room for, in bytes.
const longestPath = 100

// readTimeout is how long a request may take to arrive.
const readTimeout = 5 * time.Second

// Path is where the control socket of a cluster in the foreground is, by its port.
func Path(port int) string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "nameplate-"+strconv.Itoa(os.Getuid()), "cluster-"+strconv.Itoa(port)+".sock")
}

// Listen opens the socket at a path, in a folder that is made if there is none, for
// this user alone. A socket that nobody answers any more is replaced.
func Listen(path string) (*net.UnixListener, error) {
	if len(path) > longestPath || !filepath.IsAbs(path) {
		return nil, fmt.Errorf("open the control socket %q: want an absolute path of at most %d bytes", path,
			longestPath)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return nil, fmt.Errorf("open the control socket %s: another cluster has it", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	umask.Lock()
	defer umask.Unlock()
	before := syscall.Umask(0o177) // from its first moment, nobody else may open it
	defer syscall.Umask(before)
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	return ln, nil
}

// umask is held while it is changed, since it belongs to the whole process.
var umask sync.Mutex

// Serve takes requests until ctx is done, and removes the socket then. do carries one
// out and calls done once.
func Serve(ctx context.Context, ln *net.UnixListener, do func(r Request, done func(error))) {
	var clients sync.WaitGroup
	defer clients.Wait()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		clients.Go(func() { serve(ctx, conn, do) })
	}
}

func serve(ctx context.Context, conn net.Conn, do func(Request, func(error))) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(readTimeout)) // a closed connection says so when it is read
	var r Request
	line, err := bufio.NewReaderSize(conn, 4096).ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err != nil {
		answer(conn, Reply{Error: fmt.Sprintf("no request could be read: %v", err)})
		return
	}
	result := make(chan error, 1)
	do(r, func(err error) { result <- err })
	select {
	case err = <-result:
	case <-ctx.Done():
		err = errors.New("the cluster ends")
	}
	reply := Reply{ID: r.ID}
	if err != nil {
		reply.Error = err.Error()
	}
	answer(conn, reply)
}

func answer(conn net.Conn, r Reply) { _ = json.NewEncoder(conn).Encode(r) } // the client has gone: nobody to tell

// Send carries a request to the cluster at a socket, and returns when it is done.
func Send(ctx context.Context, path string, r Request) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf(
			"no cluster listens at %s: is it running, in the foreground and with worker processes, as this user and "+
				"on this port?", path,
		)
	case err != nil:
		return fmt.Errorf("reach the cluster: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return fmt.Errorf("tell the cluster to %s: %w", r.Do, err)
	}
	var reply Reply
	if err := json.NewDecoder(conn).Decode(&reply); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("tell the cluster to %s: it gave no reply: %w", r.Do, err)
	}
	if reply.Error != "" {
		return fmt.Errorf("%s the cluster: %s", r.Do, reply.Error)
	}
	return nil
}
