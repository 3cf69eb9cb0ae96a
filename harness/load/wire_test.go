package load

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A body that no socket holds goes out in pieces, as the system takes it.
func TestDriveSendsLargeBodies(t *testing.T) {
	t.Parallel()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<19) // 8 MiB
	var right atomic.Int64
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if got, err := io.ReadAll(r.Body); err == nil && bytes.Equal(got, sent) {
			right.Add(1)
		}
	})
	c := brief(s.URL)
	c.Schedule, c.Warmup, c.Duration = Constant(10), Warmup{}, 500*ms
	c.Source = source(func() *Request { return &Request{Method: "PUT", Path: "/", Body: sent} })
	o := drive(t, c)
	assert.Equal(t, uint64(5), o.Window.Succeeded, "%v", o.Window.Errors)
	assert.Equal(t, int64(5), right.Load())
}

// Answers are taken in however they are framed.
func TestDriveTakesEveryFraming(t *testing.T) {
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			io.WriteString(conn, answer)
			conn.Close()
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"a length": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") },
		"chunks": func(w http.ResponseWriter, _ *http.Request) {
			for _, c := range "hello" {
				io.WriteString(w, string(c))
				w.(http.Flusher).Flush()
			}
		},
		"after informational ones": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			io.WriteString(w, "hello")
		},
		"up to the end":              raw("HTTP/1.1 200 OK\r\n\r\nhello"),
		"up to the end, of HTTP/1.0": raw("HTTP/1.0 200 OK\r\n\r\nhello"),
		"a length, and then the end": raw("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"),
		"more than was asked for":    raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 500 No\r\n\r\n"),
		"a header in an unusual form": raw(
			"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
		),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, handler)
			c := brief(s.URL)
			c.Source = &counting{check: func(status int, _ http.Header, body []byte) error {
				if status != http.StatusOK || string(body) != "hello" {
					return fmt.Errorf("status %d, body %q", status, body)
				}
				return nil
			}}
			o := drive(t, c)
			assert.Equal(t, uint64(80), o.Window.Succeeded, "%v", o.Window.Errors)
		})
	}
}

// What was closed while it was idle is opened again, and nobody notices.
func TestDriveOpensAgainWhatWasClosedWhileItWasIdle(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	answered := 0
	c := brief(s.URL)
	c.Schedule, c.Warmup = Shaped(Piece{Length: 100 * ms, From: 200, To: 200}, Piece{Length: 200 * ms},
		Piece{Length: 100 * ms, From: 200, To: 200}), Warmup{}
	c.Source = &counting{seen: func(int) {
		if answered++; answered == 20 { // the last before the pause
			s.CloseClientConnections()
		}
	}}
	if runtime.GOOS != "linux" {
		t.Skip("without the loop, answers are checked by several goroutines at once")
	}
	o := drive(t, c)
	assert.Equal(t, uint64(40), o.Window.Succeeded, "%v", o.Window.Errors)
}
