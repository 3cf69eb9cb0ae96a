package worker

import (
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
)

// exhausted is a receiver that brings no connection any more.
type exhausted struct{ handover.Receiver }

func (exhausted) Drain() {}

// countedConn counts how often its read is to end.
type countedConn struct {
	net.Conn
	ended atomic.Int64
}

func (c *countedConn) SetReadDeadline(time.Time) error {
	c.ended.Add(1)
	return nil
}

func TestConnectionsThatCloseDoNotMakeADrainLookAtAllOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const connections = 500
		s := newServer("1", exhausted{}, http.NotFoundHandler(), http.NotFoundHandler(), &counters{},
			slog.New(slog.DiscardHandler))
		defer s.stop()
		close(s.served)
		var conns []*conn
		for range connections {
			c := newConn(&countedConn{}, s.gone)
			s.conns[c] = struct{}{}
			conns = append(conns, c)
		}
		drained := make(chan error, 1)
		go func() { drained <- s.drain(t.Context(), false) }()
		time.Sleep(idleGrace)
		synctest.Wait()
		for _, c := range conns { // one by one, in no time
			s.gone(c, false)
			synctest.Wait()
		}
		assert.NoError(t, <-drained)
		looks := int64(0)
		for _, c := range conns {
			looks += c.Conn.(*countedConn).ended.Load()
		}
		assert.EqualValues(t, connections, looks)
	})
}
