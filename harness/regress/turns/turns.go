// Package turns lets the runs of two programs begin their load at the same moment, so that they can be loaded in turn.
package turns

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"
)

// lead is how long after the last run has come the load begins: long enough for both to hear of it.
const lead = 200 * time.Millisecond

// parties are how many runs wait for each other.
const parties = 2

// Gate is where the runs wait for each other, each in its own process.
type Gate struct {
	listener net.Listener
	now      func() time.Time
	done     sync.WaitGroup

	mu      sync.Mutex
	waiting []net.Conn
	ended   int // runs that will not come, or not again
	closed  bool
}

// Open opens a gate, with its socket in a folder of the caller's.
func Open(dir string) (*Gate, error) { return open(dir, time.Now) }

func open(dir string, now func() time.Time) (*Gate, error) {
	listener, err := net.Listen("unix", filepath.Join(dir, "gate"))
	if err != nil {
		return nil, fmt.Errorf("open the gate of two runs: %w", err)
	}
	g := &Gate{listener: listener, now: now}
	g.done.Go(g.accept)
	return g, nil
}

// Address is what [Wait] is to be told.
func (g *Gate) Address() string { return g.listener.Addr().String() }

// Ended tells that a run has ended: nobody waits for it any more.
func (g *Gate) Ended() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended++
	g.pass()
}

// Close sends away who waits, and removes the socket.
func (g *Gate) Close() {
	g.mu.Lock()
	g.closed = true
	g.dismiss()
	g.mu.Unlock()
	g.listener.Close()
	g.done.Wait()
}

func (g *Gate) accept() {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		g.waiting = append(g.waiting, conn)
		if g.closed {
			g.dismiss()
		}
		g.pass()
		g.mu.Unlock()
	}
}

// pass lets the runs begin once none is missing.
func (g *Gate) pass() {
	if len(g.waiting)+g.ended < parties {
		return
	}
	moment := binary.BigEndian.AppendUint64(nil, uint64(g.now().Add(lead).UnixNano()))
	for _, conn := range g.waiting {
		_, _ = conn.Write(moment) // who has gone meanwhile needs it no more
	}
	g.dismiss()
}

func (g *Gate) dismiss() {
	for _, conn := range g.waiting {
		conn.Close()
	}
	g.waiting = nil
}

// Wait waits at a gate until every run has come, and returns the moment at which their load begins.
func Wait(ctx context.Context, address string) (time.Time, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", address)
	if err != nil {
		return time.Time{}, fmt.Errorf("wait for the other run: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var moment int64
	if err := binary.Read(conn, binary.BigEndian, &moment); err != nil {
		return time.Time{}, fmt.Errorf("wait for the other run: %w", err)
	}
	return time.Unix(0, moment), nil
}
