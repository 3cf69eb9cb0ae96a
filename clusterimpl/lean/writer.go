package lean

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// writer is the http.ResponseWriter of one connection's requests, one after the other.
type writer struct {
	link    *link
	request *http.Request
	body    *body
	header  http.Header
	status  int    // 0 until the header is written
	content []byte // of the answer, what was not sent yet
	out     []byte // memory for what is sent

	length  int64 // of the content, as the handler has said; negative when it has not
	written int64 // of the content, by the handler
	sniffs  bool  // the content tells its type
	sent    bool  // the head
	chunked bool
	closes  bool // the connection ends with this answer
	failed  error
}

func (w *writer) begin(r *http.Request, b *body) {
	if w.header == nil {
		w.header = make(http.Header)
	}
	clear(w.header)
	if cap(w.content) > Unflushed || cap(w.out) > 2*Unflushed {
		w.content, w.out = nil, nil
	}
	*w = writer{link: w.link, request: r, body: b, header: w.header, content: w.content[:0], out: w.out[:0], length: -1}
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. The header is sent later, but what the handler
// changes in it from here on is not.
func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic("invalid WriteHeader code " + strconv.Itoa(status))
	}
	if w.status != 0 || status < http.StatusOK && status != http.StatusSwitchingProtocols {
		return
	}
	w.status = status
	if given := w.header.Get("Content-Length"); given != "" {
		n, err := strconv.ParseInt(given, 10, 64)
		if err != nil || n < 0 {
			w.header.Del("Content-Length")
			n = -1
		}
		w.length = n
	}
	_, typed := w.header["Content-Type"]
	w.sniffs = !typed && w.header.Get("Content-Encoding") == ""
	w.out = w.appendHead(w.out[:0])
}

// Write implements http.ResponseWriter.
func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case len(p) == 0:
		return 0, nil
	case !w.allowed():
		return 0, http.ErrBodyNotAllowed
	}
	w.written += int64(len(p))
	if w.length >= 0 && w.written > w.length {
		return 0, http.ErrContentLength
	}
	if w.request.Method == http.MethodHead {
		w.content = append(w.content, p[:min(len(p), sniffed-min(sniffed, len(w.content)))]...)
		return len(p), nil
	}
	w.content = append(w.content, p...)
	if len(w.content) > Unflushed {
		w.send(false)
	}
	return len(p), w.failed
}

// WriteString implements io.StringWriter.
func (w *writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// FlushError is what http.ResponseController calls.
func (w *writer) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.send(false)
	return w.failed
}

// Flush implements http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// sniffed is how much of the content tells its type.
const sniffed = 512

// allowed says whether the answer may have content.
func (w *writer) allowed() bool {
	return w.status >= http.StatusOK && w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

// finish sends what was not sent yet, and says whether the connection is kept.
func (w *writer) finish() bool {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.send(true)
	wrong := w.length >= 0 && w.written != w.length && w.request.Method != http.MethodHead && w.allowed()
	return w.failed == nil && !w.closes && !wrong
}

// send sends the head, unless that was done, and the content so far.
func (w *writer) send(last bool) {
	if w.failed != nil {
		return
	}
	out := w.out
	if !w.sent {
		out = w.appendRest(out, last)
		w.sent = true
	} else {
		out = out[:0]
	}
	switch {
	case w.request.Method == http.MethodHead, !w.allowed():
	case !w.chunked:
		out = append(out, w.content...)
	default:
		if len(w.content) > 0 {
			out = strconv.AppendInt(out, int64(len(w.content)), 16)
			out = append(out, "\r\n"...)
			out = append(out, w.content...)
			out = append(out, "\r\n"...)
		}
		if last {
			out = append(out, "0\r\n\r\n"...)
		}
	}
	w.out, w.content = out, w.content[:0]
	if len(out) > 0 {
		_, w.failed = w.link.Write(out)
	}
}

// appendHead renders the status and the header, but for what depends on the content.
func (w *writer) appendHead(b []byte) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(w.status), 10)
	b = append(b, ' ')
	if text := http.StatusText(w.status); text != "" {
		b = append(b, text...)
	} else {
		b = append(b, "status code "...)
		b = strconv.AppendInt(b, int64(w.status), 10)
	}
	b = append(b, "\r\n"...)
	var room [16]string
	names := room[:0]
	for name := range w.header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !w.omitted(name) {
			b = appendField(b, name, w.header[name])
		}
	}
	if _, given := w.header["Date"]; !given {
		b = append(b, "Date: "...)
		b = append(b, date(time.Now())...)
		b = append(b, "\r\n"...)
	}
	return b
}

// omitted says whether a field of the header is not sent, and notes what it means.
func (w *writer) omitted(name string) bool {
	switch name {
	case "Connection":
		w.closes = w.closes || strings.EqualFold(w.header.Get(name), "close")
	case "Content-Length":
		return !w.allowed()
	case "Content-Type":
		return w.status == http.StatusNotModified
	case "Transfer-Encoding", "Trailer":
		return true // here it is decided how content is sent
	}
	return strings.HasPrefix(name, http.TrailerPrefix)
}

// appendRest renders what of the header depends on the content, and its end.
func (w *writer) appendRest(b []byte, last bool) []byte {
	known := w.body.failed // to the handler, whose answer it is
	if !w.closes && !w.body.discard() {
		w.closes = true
		if !known {
			b = append(b, "Connection: close\r\n"...)
		}
	}
	head := w.request.Method == http.MethodHead
	if w.allowed() {
		if w.sniffs && len(w.content) > 0 {
			b = append(b, "Content-Type: "...)
			b = append(b, http.DetectContentType(w.content)...)
			b = append(b, "\r\n"...)
		}
		switch {
		case w.length >= 0:
		case last && (!head || w.written > 0):
			b = append(b, "Content-Length: "...)
			b = strconv.AppendInt(b, w.written, 10)
			b = append(b, "\r\n"...)
		case !last && !head:
			w.chunked = true
			b = append(b, "Transfer-Encoding: chunked\r\n"...)
		}
	}
	return append(b, "\r\n"...)
}

// appendField renders a field of the header; a name that is none is left out.
func appendField(b []byte, name string, values []string) []byte {
	if name == "" || !all(name, isToken) {
		return b
	}
	for _, value := range values {
		b = append(b, name...)
		b = append(b, ": "...)
		value = strings.Trim(value, " \t\r\n")
		for i := range len(value) {
			if c := value[i]; c == '\r' || c == '\n' {
				b = append(b, ' ')
			} else {
				b = append(b, c)
			}
		}
		b = append(b, "\r\n"...)
	}
	return b
}

// second is a second as the Date field has it.
type second struct {
	unix int64
	text string
}

var latest atomic.Pointer[second]

// date renders the time for the Date field, once a second.
func date(now time.Time) string {
	unix := now.Unix()
	if s := latest.Load(); s != nil && s.unix == unix {
		return s.text
	}
	s := &second{unix, now.UTC().Format(http.TimeFormat)}
	latest.Store(s)
	return s.text
}
