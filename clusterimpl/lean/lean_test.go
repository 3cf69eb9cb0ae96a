package lean

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a connection whose client has sent all at once, in reads of at most so many bytes.
type script struct {
	in     *bytes.Reader
	most   int
	mu     sync.Mutex
	out    bytes.Buffer
	writes int
	closed chan struct{}
	once   sync.Once
}

func newScript(input []byte, most int) *script {
	return &script{in: bytes.NewReader(input), most: most, closed: make(chan struct{})}
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in.Read(p[:min(len(p), s.most)])
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	return s.out.Write(p)
}

func (s *script) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7} }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// once is a listener with one connection.
type once struct{ c net.Conn }

func (o *once) Accept() (net.Conn, error) {
	if o.c == nil {
		return nil, net.ErrClosed
	}
	c := o.c
	o.c = nil
	return c, nil
}
func (o *once) Close() error   { return nil }
func (o *once) Addr() net.Addr { return &net.TCPAddr{} }

// ahead is a connection of which some was read.
type ahead struct {
	net.Conn
	first []byte
}

func (a *ahead) Read(p []byte) (int, error) {
	if len(a.first) > 0 {
		n := copy(p, a.first)
		a.first = a.first[n:]
		return n, nil
	}
	return a.Conn.Read(p)
}

var quiet = slog.New(slog.DiscardHandler)

// byNetHTTP serves a connection to its end with package net/http.
func byNetHTTP(c net.Conn, closed <-chan struct{}, h http.Handler) {
	server := &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	_ = server.Serve(&once{c})
	<-closed
}

// byLean serves one with this package, and what it leaves with net/http; plain is the number
// of requests that were not left.
func byLean(s *script, h http.Handler) (plain int) {
	server := Server{Handler: h, Log: quiet}
	rest, ok := server.Serve(context.Background(), s, Hooks{Await: func() {}, Done: func() { plain++ }})
	if !ok {
		s.Close()
		return plain
	}
	byNetHTTP(&ahead{s, rest}, s.closed, h)
	return plain
}

// echo answers with all that a handler can see of a request, and does what the query wants.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Method", r.Method)
	do := r.URL.Query()
	read := do.Get("read") != "no"
	var body []byte
	var err error
	if read {
		body, err = io.ReadAll(r.Body)
	}
	if n := do.Get("length"); n != "" {
		w.Header().Set("Content-Length", n)
	}
	if do.Has("type") {
		w.Header().Set("Content-Type", do.Get("type"))
	}
	if do.Has("close") {
		w.Header().Set("Connection", "close")
	}
	if do.Has("odd") {
		w.Header()["X-Odd"] = []string{"a\r\nb", "c"}
		w.Header()["no field"] = []string{"x"}
	}
	if status, _ := strconv.Atoi(do.Get("status")); status >= 200 && status < 600 {
		w.WriteHeader(status)
	}
	if do.Has("panic") {
		panic(http.ErrAbortHandler)
	}
	if do.Has("empty") {
		return
	}
	text := fmt.Sprintf("%s %q %q %q %q %q %d %v %d %q %v\n", r.Method, r.URL.Path, r.URL.RawPath, r.URL.RawQuery,
		r.RequestURI,
		r.Proto, r.ContentLength, r.Close, len(r.TransferEncoding), r.Host, err)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		text += fmt.Sprintf("%s: %q\n", name, r.Header[name])
	}
	n, err := io.WriteString(w, text+string(body))
	if do.Has("flush") {
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, fmt.Sprint("more ", n, err))
	}
}

// answers are the answers in a stream, each with its fields sorted and without its date.
func answers(t require.TestingT, stream []byte) (all []string) {
	in := bufio.NewReader(bytes.NewReader(stream))
	for {
		first, err := in.ReadString('\n')
		if err != nil {
			return append(all, first)
		}
		var fields []string
		length, chunked, head := -1, false, false
		for {
			line, err := in.ReadString('\n')
			require.NoError(t, err, "%q", stream)
			if line == "\r\n" {
				break
			}
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch name {
			case "Date":
				_, err := http.ParseTime(value)
				require.NoError(t, err)
				continue
			case "Content-Length":
				// net/http sends what a handler says, too
				if length, err = strconv.Atoi(value); err != nil || length < 0 {
					length = -1
					fields = append(fields, line)
				}
			case "Transfer-Encoding":
				chunked = true
			case "X-Method":
				head = value == http.MethodHead
			}
			if name != "Content-Length" && name != "Transfer-Encoding" { // net/http sends more in chunks
				fields = append(fields, line)
			}
		}
		slices.Sort(fields)
		body := []byte(nil)
		switch {
		case head:
			fields = append(fields, fmt.Sprint("length ", length, chunked))
		case strings.Contains(first, " 204 "), strings.Contains(first, " 304 "):
		case chunked:
			body, err = io.ReadAll(chunks(in))
			require.NoError(t, err)
		case length >= 0:
			body = make([]byte, length)
			n, _ := io.ReadFull(in, body) // one that is cut short is compared, too
			if body = body[:n]; n < length {
				fields = append(fields, fmt.Sprint("short of ", length))
			}
		default:
			body, _ = io.ReadAll(in)
		}
		all = append(all, first+strings.Join(fields, "")+"\n"+string(body))
	}
}

// chunks reads content that was sent in chunks, to its end.
func chunks(in *bufio.Reader) io.Reader {
	var whole bytes.Buffer
	for {
		line, _ := in.ReadString('\n')
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 64)
		if err != nil {
			return strings.NewReader("broken chunks: " + line)
		}
		_, _ = io.CopyN(&whole, in, n)
		_, _ = in.ReadString('\n')
		if n == 0 {
			return &whole
		}
	}
}

// same serves the same bytes in both ways and compares all answers.
func same(t require.TestingT, input []byte, most int) (plain int) {
	ours, theirs := newScript(input, most), newScript(input, most)
	plain = byLean(ours, http.HandlerFunc(echo))
	byNetHTTP(theirs, theirs.closed, http.HandlerFunc(echo))
	want, got := answers(t, theirs.out.Bytes()), answers(t, ours.out.Bytes())
	// Up to three bytes after the last request are left without an answer by net/http, if it
	// has answered on that connection before; else it refuses them.
	if last := len(got) - 2; last == len(want)-1 && plain > 0 && strings.HasPrefix(got[last], "HTTP/1.1 400 ") {
		got = slices.Delete(got, last, last+1)
	}
	assert.Equal(t, want, got, "%q", input)
	return plain
}

func request(line string, rest ...string) string {
	return line + " HTTP/1.1\r\nHost: h\r\n" + strings.Join(append(rest, "", ""), "\r\n")
}

var whole = []struct {
	name  string
	plain int // requests that are served without net/http
	text  string
}{
	{"a read", 1, request("GET /api/accounts/1")},
	{"two at once", 2, request("GET /a") + request("GET /b?x=1&y=%20z")},
	{"with fields", 1, request("GET /", "Accept: a", "accept:b", "X-y-Z: \t c d \t", "Connection: Keep-Alive")},
	{"a body", 2, request("POST /", "Content-Length: 5") + "hello" + request("GET /")},
	{"no body", 1, request("POST /")},
	{"a body of a GET", 2, request("GET /", "Content-Length: 2") + "xy" + request("GET /")},
	{"a body that is not read", 2, request("POST /?read=no", "Content-Length: 5") + "hello" + request("GET /")},
	{"a large body", 2, request("PUT /", "Content-Length: 9000") + strings.Repeat("b", 9000) + request("GET /")},
	{
		"a large body that is not read", 2,
		request("PUT /?read=no", "Content-Length: 9000") + strings.Repeat("b", 9000) + request("GET /"),
	},
	{"a body that ends early", 0, request("POST /", "Content-Length: 9") + "hello"},
	{"HEAD", 2, request("HEAD /") + request("GET /")},
	{"HEAD without content", 1, request("HEAD /?empty=1")},
	{"HEAD with a length", 2, request("HEAD /?length=7") + request("GET /")},
	{"a status", 2, request("GET /?status=404") + request("GET /?status=503&empty=1")},
	{"no content", 3, request("GET /?status=204") + request("GET /?status=304") + request("GET /?empty=1")},
	{"a status without a name", 1, request("GET /?status=599")},
	{"a type", 1, request("GET /?type=text/x")},
	{"an empty type", 1, request("GET /?type=")},
	{"odd fields", 1, request("GET /?odd=1")},
	{"too short", 0, request("GET /?length=9999") + request("GET /")},
	{"too long", 0, request("GET /?length=3") + request("GET /")},
	{"closed by the handler", 0, request("GET /?close=1") + request("GET /")},
	{"aborted", 1, request("GET /") + request("GET /?panic=1") + request("GET /")},
	{"flushed", 2, request("GET /?flush=1") + request("GET /")},
	{"flushed with a length", 0, request("GET /?flush=1&length=100000") + request("GET /")},
	{"close", 1, request("GET /") + request("GET /", "Connection: close") + request("GET /")},
	{"upgrade", 0, request("GET /", "Connection: Upgrade", "Upgrade: websocket")},
	{
		"chunked", 1, request("GET /") + request("POST /", "Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n" +
			request("GET /"),
	},
	{
		"both lengths", 0, request("POST /", "Transfer-Encoding: chunked", "Content-Length: 3") +
			"3\r\nabc\r\n0\r\n\r\n" + request("GET /"),
	},
	{"expect", 0, request("POST /", "Expect: 100-continue", "Content-Length: 3") + "abc"},
	{"two lengths", 0, request("POST /", "Content-Length: 3", "Content-Length: 4") + "abcd"},
	{"the same length twice", 0, request("POST /", "Content-Length: 3", "Content-Length: 3") + "abc"},
	{"a length with a sign", 0, request("POST /", "Content-Length: +3") + "abc"},
	{"a list of lengths", 0, request("POST /", "Content-Length: 3, 3") + "abc"},
	{"two hosts", 0, request("GET /", "Host: i")},
	{"no host", 0, "GET / HTTP/1.1\r\n\r\n"},
	{"1.0", 0, "GET / HTTP/1.0\r\nHost: h\r\n\r\n"},
	{"2.0", 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{"a bare line feed", 0, "GET / HTTP/1.1\nHost: h\n\n"},
	{"a line feed in a value", 0, request("GET /", "X: a\nTransfer-Encoding: chunked")},
	{"a carriage return in a value", 0, request("GET /", "X: a\rb")},
	{"a folded line", 0, request("GET /", "X: a", " b")},
	{"a blank before the colon", 0, request("POST /", "Content-Length : 3") + "abc"},
	{"a name of other bytes", 0, request("GET /", "X\x80: a")},
	{"a value of other bytes", 0, request("GET /", "X: \x80")},
	{"no colon", 0, request("GET /", "X")},
	{"an escape", 0, request("GET /a%2fb")},
	{"what is escaped in a path", 0, request("GET /a!b")},
	{"two slashes", 0, request("GET //a")},
	{"absolute", 0, request("GET http://x/a")},
	{"a fragment", 0, request("GET /a#b")},
	{"an empty query", 0, request("GET /a?")},
	{"blanks", 0, "GET  /  HTTP/1.1\r\nHost: h\r\n\r\n"},
	{"another method", 0, request("OPTIONS *")},
	{"pragma", 0, request("GET /", "Pragma: no-cache")},
	{"an empty line first", 0, "\r\n" + request("GET /")},
	{"a long head", 0, request("GET /", "X: "+strings.Repeat("x", BufferSize))},
	{"many lines", 0, request("GET /", slices.Repeat([]string{"X: y"}, 70)...)},
	{"half a head", 1, request("GET /") + "GET / HTT"},
	{"nothing", 0, ""},
}

func TestEveryConnectionIsAnsweredAsByNetHTTP(t *testing.T) {
	for _, tt := range whole {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.plain, same(t, []byte(tt.text), 1<<20), "plain requests")
			for _, most := range []int{1, 7, 100} {
				same(t, []byte(tt.text), most)
			}
		})
	}
}

// FuzzAsNetHTTP holds this package against net/http on whatever comes.
func FuzzAsNetHTTP(f *testing.F) {
	for _, tt := range whole {
		f.Add([]byte(tt.text), uint16(1<<15))
	}
	f.Add([]byte("GET /?flush=1&length=10000$ HTTP/1.0\r\nHost: x\r\n\r\n"), uint16(1<<15))
	f.Fuzz(func(t *testing.T, input []byte, most uint16) {
		if bytes.Contains(input, []byte("length=")) && bytes.Contains(input, []byte("HEAD")) {
			t.Skip("what a handler says of content that is not sent")
		}
		same(t, input, int(most)+1)
	})
}

// TestMutatedConnectionsAreAnsweredAsByNetHTTP changes good connections at random.
func TestMutatedConnectionsAreAnsweredAsByNetHTTP(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"\r\n", "\n", "\r", " ", "\t", ":", "0", "Content-Length: 3\r\n",
		"Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
		"Host: x\r\n", "%", "?", "#", "//", "\x00", "\x80", ",", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.0",
		"Expect: 100-continue\r\n"}
	plain := 0
	for range 4000 {
		b := []byte(whole[rng.IntN(len(whole))].text + whole[rng.IntN(len(whole))].text)
		for range 1 + rng.IntN(3) {
			at := rng.IntN(len(b) + 1)
			switch rng.IntN(3) {
			case 0:
				b = slices.Insert(b, at, []byte(pieces[rng.IntN(len(pieces))])...)
			case 1:
				b = slices.Delete(b, at, min(len(b), at+rng.IntN(4)))
			case 2:
				b = append(b[:at:at], whole[rng.IntN(len(whole))].text...)
			}
		}
		plain += same(t, b, 1<<20)
		if t.Failed() {
			return
		}
	}
	assert.Greater(t, plain, 1000)
}

func TestAnAnswerIsOneWrite(t *testing.T) {
	s := newScript([]byte(request("GET /")+request("POST /", "Content-Length: 3")+"abc"), 1<<20)
	assert.Equal(t, 2, byLean(s, http.HandlerFunc(echo)))
	assert.Equal(t, 2, s.writes)
}

func TestALargeAnswerIsSentInPiecesAndALargeRestIsNotRead(t *testing.T) {
	large := func(w http.ResponseWriter, _ *http.Request) {
		for range 40 {
			_, _ = w.Write(bytes.Repeat([]byte("Q"), 10_000))
		}
	}
	s := newScript([]byte(request("GET /")), 1<<20)
	byLean(s, http.HandlerFunc(large))
	got := answers(t, s.out.Bytes())
	assert.Contains(t, s.out.String(), "Transfer-Encoding: chunked")
	assert.Equal(t, 400_000, strings.Count(got[0], "Q"))
	assert.Greater(t, s.writes, 3)

	rest := strings.Repeat("b", maxDiscard+BufferSize+1)
	s = newScript([]byte(request("POST /?read=no", "Content-Length: "+strconv.Itoa(len(rest)))+rest+request("GET /")),
		1<<20)
	assert.Zero(t, byLean(s, http.HandlerFunc(echo)))
	assert.Contains(t, answers(t, s.out.Bytes())[0], "Connection: close")
}

func TestABodyCannotBeReadAfterTheAnswer(t *testing.T) {
	var kept io.Reader
	s := newScript([]byte(request("POST /", "Content-Length: 3")+"abc"), 1<<20)
	byLean(s, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { kept = r.Body }))
	_, err := kept.Read(make([]byte, 1))
	assert.ErrorIs(t, err, http.ErrBodyReadAfterClose)
}

func BenchmarkServe(b *testing.B) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = w.Write(make([]byte, 120))
	})
	text := bytes.Repeat([]byte(request("GET /api/accounts/17", "User-Agent: x", "Accept-Encoding: gzip")), 100)
	for name, serve := range map[string]func(*script){
		"lean":    func(s *script) { byLean(s, h) },
		"nethttp": func(s *script) { byNetHTTP(s, s.closed, h) },
	} {
		b.Run("server="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serve(newScript(text, BufferSize))
			}
		})
	}
}
