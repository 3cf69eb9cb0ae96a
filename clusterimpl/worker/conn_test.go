package worker

import (
	"math"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pieces is a connection that delivers a request in pieces. What happens between the arrival of the
// first and the note that is taken of it is the test's.
type pieces struct {
	net.Conn
	left     []string
	first    func()
	asked    func() // called when its read is to end
	deadline time.Time
	returned bool
}

func (p *pieces) Read(b []byte) (int, error) {
	if !p.deadline.IsZero() && time.Now().After(p.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	if p.first != nil {
		p.first()
		p.first = nil
	}
	n := copy(b, p.left[0])
	p.left = p.left[1:]
	return n, nil
}

func (p *pieces) SetReadDeadline(t time.Time) error {
	p.deadline = t
	if p.asked != nil {
		p.asked()
	}
	return nil
}

func (p *pieces) Close() error  { return nil }
func (p *pieces) Begin(int64)   {}
func (p *pieces) Done()         {}
func (p *pieces) Waiting() bool { return false }
func (p *pieces) Return() error {
	p.returned = true
	return nil
}

// The primary asks for a connection just when a request comes on it, of which the body is still on
// its way: the request is answered, and the connection given back after it.
func TestARequestThatComesWhenItsConnectionIsAskedForIsReadToTheEnd(t *testing.T) {
	for name, ask := range map[string]func(*conn){
		"given back": func(c *conn) { assert.True(t, c.giveBack()) },
		"retired":    (*conn).retire,
	} {
		inner := &pieces{left: []string{"head", "body"}}
		c := newConn(inner, func(*conn, bool) {})
		inner.first = func() { ask(c) }
		for _, want := range inner.left {
			b := make([]byte, 10)
			n, err := c.Read(b)
			require.NoError(t, err, name)
			assert.Equal(t, want, string(b[:n]), name)
		}
		c.idle()
		if name == "given back" {
			_, err := c.Read(make([]byte, 10))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.NoError(t, c.Close())
			assert.True(t, inner.returned)
		}
	}
}

// While idle connections are asked for, a busy one becomes idle: it is given back, too.
func TestEveryConnectionIsAskedFor(t *testing.T) {
	for range 50 { // in any order
		busy := newConn(&pieces{}, func(*conn, bool) {})
		busy.waiting = false
		idle := newConn(&pieces{asked: busy.idle}, func(*conn, bool) {})
		s := &server{conns: map[*conn]struct{}{busy: {}, idle: {}}}
		s.shed(math.MaxInt)
		require.True(t, busy.unasked)
		require.True(t, idle.unasked)
	}
}
