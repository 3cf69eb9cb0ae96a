package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

var (
	errTooLarge  = fmt.Errorf("the answer is larger than %d MiB", MaxAnswer>>20)
	errClosed    = errors.New("the connection was closed before the answer")
	errNoRequest = errors.New("the source made no request")
)

// exchange is one request and its answer on the wire.
type exchange struct {
	sent   time.Duration // when the first byte of the request went out; below 0: none did
	done   time.Duration // when the last byte of the answer came
	status int
	header http.Header
	worker string
	body   []byte // valid until the connection's next exchange
	err    error
}

// check says what is wrong with an answer.
func (e *exchange) check(r *Request) error {
	if r.Check != nil {
		return r.Check(e.status, e.header, e.body)
	}
	if e.status < 200 || e.status > 299 {
		return fmt.Errorf("status %d, want 2xx", e.status)
	}
	return nil
}

// makeOrder makes the message of a request.
func makeOrder(base *url.URL, r *Request) order {
	if r == nil {
		return order{Request: &Request{}, err: errNoRequest}
	}
	message, err := makeMessage(base, r)
	return order{Request: r, message: message, err: err}
}

// makeMessage makes the HTTP message of a request. It has no GetBody: nothing may send
// it twice.
func makeMessage(base *url.URL, r *Request) (*http.Request, error) {
	target, err := url.ParseRequestURI(r.Path)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	target.Scheme, target.Host = base.Scheme, base.Host
	m := &http.Request{
		Method: r.Method, URL: target, Host: base.Host, Header: r.Header, Proto: "HTTP/1.1", ProtoMajor: 1,
		ProtoMinor: 1,
	}
	if m.Header == nil {
		m.Header = http.Header{}
	}
	if len(r.Body) > 0 {
		m.Body, m.ContentLength = io.NopCloser(bytes.NewReader(r.Body)), int64(len(r.Body))
	}
	return m, nil
}

// keepBuffer is the largest buffer that a connection keeps for its next answer, in bytes.
const keepBuffer = 64 << 10

// read reads an answer's body, into the connection's buffer if it fits.
func (c *clientConn) read(answer *http.Response) ([]byte, error) {
	defer answer.Body.Close()
	if answer.ContentLength > MaxAnswer {
		return nil, errTooLarge
	}
	body := c.buffer[:0]
	for {
		n, err := answer.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > MaxAnswer:
			return nil, errTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, fmt.Errorf("read the answer: %w", err)
		case len(body) == cap(body):
			body = append(make([]byte, 0, 2*cap(body)), body...)
			if cap(body) <= keepBuffer {
				c.buffer = body
			}
		}
	}
}
