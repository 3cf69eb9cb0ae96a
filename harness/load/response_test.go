package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told is what a reader of responses says of some bytes.
type told struct {
	status int
	header http.Header
	body   string
	keep   bool
	rest   int
}

// ours reads a response that comes in pieces, as the seed cuts them, after which the connection ends.
func ours(data []byte, method string, seed uint64) (told, error) {
	rng := rand.New(rand.NewPCG(seed, 7))
	r := &response{worker: "X-Worker"}
	r.reset(method)
	for at := 0; ; {
		room := r.room()
		if at == len(data) {
			if err := r.closed(); err != nil {
				return told{}, err
			}
			break
		}
		n := copy(room[:min(len(room), 1+rng.IntN(40))], data[at:])
		r.in, at = r.in[:len(r.in)+n], at+n
		done, err := r.parse()
		if err != nil {
			return told{}, err
		}
		if done {
			r.in = append(r.in, data[at:]...)
			break
		}
	}
	return told{r.status, r.headers().Clone(), string(r.content()), r.keep, r.rest()}, nil
}

// theirs is what net/http makes of the same.
func theirs(data []byte, method string) (told, error) {
	from := bytes.NewReader(data)
	in := bufio.NewReader(from)
	for {
		a, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return told{}, err
		}
		if a.StatusCode/100 == 1 && a.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		if a.ContentLength > MaxAnswer && a.Body != http.NoBody {
			return told{}, errTooLarge
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			return told{}, err
		}
		keep := !a.Close && a.StatusCode != http.StatusSwitchingProtocols
		return told{a.StatusCode, a.Header, string(body), keep, in.Buffered() + from.Len()}, nil
	}
}

// agree compares the two.
func agree(t *testing.T, data []byte, method string, seed uint64) {
	got, err := ours(data, method, seed)
	want, wantErr := theirs(data, method)
	if wantErr != nil {
		assert.Error(t, err, "net/http refuses it: %v", wantErr)
		return
	}
	if len(data) > maxHead && errors.Is(err, errLongHead) {
		return
	}
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

var responses = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Worker: 2\r\n\r\nok\n",
	"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: close\r\n\r\n",
	"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 201 Created\r\n" +
		"Content-Length: 2\r\n\r\nhi",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nrest",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5;ext=1\r\npedia\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\nTrailer: X\r\n\r\n1 \r\na\r\n0\r\n" +
		"X: y\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\n\r\nuntil the end",
	"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
	"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
	"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhix",
	"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi",
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
	"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nPragma: no-cache\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nConnection: Keep-Alive, close\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
	"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 -01 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 000 \r\nContent-Length: 0\r\n\r\n", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
	"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\n", "", "H", "\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\nx\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n;\r\n",
}

func TestResponsesAreReadAsNetHTTPReadsThem(t *testing.T) {
	for _, text := range responses {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for seed := range uint64(20) {
				agree(t, []byte(text), method, seed)
			}
		}
	}
}

func TestAResponseInChunksIsBoundedAndMovedTogether(t *testing.T) {
	data := strings.Repeat("5\r\nhello\r\n", 100_000)
	got, err := ours([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+data+"0\r\n\r\n"), "GET", 1)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("hello", 100_000), got.body)
	many := strings.Repeat("100000\r\n"+strings.Repeat("x", 1<<20)+"\r\n", 17)
	r := &response{}
	r.reset("GET")
	r.in = []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + many)
	_, err = r.parse()
	assert.ErrorIs(t, err, errTooLarge)
	r.reset("GET")
	r.in = []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
		strings.Repeat("1;"+strings.Repeat("e", 1000)+"\r\nx\r\n", 20))
	_, err = r.parse()
	assert.ErrorIs(t, err, errPadding)
	r.reset("GET")
	r.in = []byte("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead))
	_, err = r.parse()
	assert.ErrorIs(t, err, errLongHead)
}

func FuzzResponse(f *testing.F) {
	for _, text := range responses {
		f.Add([]byte(text), false, uint64(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, head bool, seed uint64) {
		method := http.MethodGet
		if head {
			method = http.MethodHead
		}
		agree(t, data, method, seed)
	})
}

// Requests go out byte for byte as net/http would send them.
func TestRequestsAreWrittenAsNetHTTPWritesThem(t *testing.T) {
	for _, base := range []string{
		"http://127.0.0.1:3001", "http://localhost", "http://[::1]:80", "http://bücher.example:81",
	} {
		base := mustBase(t, brief(base))
		r, err := newRenderer(base)
		require.NoError(t, err)
		for _, q := range []*Request{
			{Path: "/"}, {Method: "GET", Path: "/i?x=%20y&z=1,2"}, {Method: "HEAD", Path: "/a b"},
			{Method: "POST", Path: "/p"}, {Method: "PUT", Path: "/p", Body: []byte("x")},
			{Method: "DELETE", Path: "//double//"}, {Method: "OPTIONS", Path: "*"}, {Method: "GET", Path: "/%41%2f?"},
			{Method: "GET", Path: "/ü?ü#f"},
			{Method: "GET", Path: "http://elsewhere/x"},
			{Method: "PATCH", Path: "/big", Body: bytes.Repeat([]byte("b"), inline+1)},
			{
				Method: "GET", Path: "/h", Header: http.Header{
					"X-B": {" two ", "three"}, "X-A": {"1"}, "User-Agent": {"me"}, "Host": {"other"},
					"Content-Length": {"9"}, "Connection": {"close"},
				},
			},
			{Method: "GET", Path: "/h", Header: http.Header{"User-Agent": {""}, "lower": {"é"}}},
			{Method: "GET", Path: "/h", Header: http.Header{"User-Agent": nil}},
		} {
			head, body, err := r.render(nil, q)
			require.NoError(t, err, q.Path)
			message, err := makeMessage(base, q)
			require.NoError(t, err)
			var want bytes.Buffer
			require.NoError(t, message.Write(&want))
			assert.Equal(t, want.String(), string(head)+string(body))
		}
		for _, q := range []*Request{
			{Method: "G T", Path: "/"}, {Path: "no slash"}, {Path: ""}, {Path: "/\x01"}, {Path: "/?a\nb"},
			{Path: "/", Header: http.Header{"a b": {"x"}}}, {Path: "/", Header: http.Header{"A": {"x\r\ny"}}},
		} {
			_, _, err := r.render(nil, q)
			assert.Error(t, err, "%q", q)
		}
	}
}
