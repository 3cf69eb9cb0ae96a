package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strings"
)

// Bounds of what an answer may hold beside its body, in bytes.
const (
	maxHead    = 1 << 20
	maxLine    = 4 << 10 // of a chunk's size, and of all trailers; as net/http has it
	maxPadding = 16 << 10
)

var (
	errNoHTTP   = errors.New("malformed HTTP response")
	errLongHead = fmt.Errorf("the header of the answer is larger than %d MiB", maxHead>>20)
	errChunk    = errors.New("malformed chunked encoding")
	errPadding  = errors.New("chunked encoding contains too much non-data")
	errTrailer  = errors.New("suspiciously long trailer after the chunked body")
	errCutShort = fmt.Errorf("read the answer: %w", io.ErrUnexpectedEOF)
)

// part is what the next bytes of a response belong to.
type part int

const (
	inHead part = iota
	inLength
	inChunks
	inTrailer
	untilClose
	whole
)

// response is an answer of HTTP/1.1 that is parsed as its bytes come in: append them to in,
// and call parse. It understands what net/http does (RFC 9112: informational responses, bodies of
// a length, in chunks, and up to the connection's end). Heads in the common form are read here; any
// other is left to [http.ReadResponse], so that the two never tell different things.
type response struct {
	method string // of the request: an answer to HEAD has no body
	worker string // canonical name of the header that names the worker; "" for none

	in      []byte // all that has come; of a chunked body the data, moved together
	part    part
	scanned int // no end of the head before here

	status   int
	named    string // the worker
	keep     bool   // the connection can be used again
	chunked  bool   // the body came in chunks
	start    int    // of the head in in
	body     int    // start of the body
	end      int    // end of the body, so far
	next     int    // first byte of in that is not dealt with
	left     int    // of the body's length or of the chunk, to come
	chunkEnd bool   // the line end after a chunk's data is due
	padding  int64  // bytes of chunked encoding beyond what is usual

	slow    *http.Response // of a head in an uncommon form
	workers map[string]string
	header  http.Header // of the common form, made again for each answer that needs it
	values  []string
}

// reset makes the response ready for another one. A small buffer is kept.
func (r *response) reset(method string) {
	in := r.in[:0]
	if cap(in) > keepBuffer {
		in = nil
	}
	*r = response{method: method, worker: r.worker, in: in, workers: r.workers, header: r.header, values: r.values}
}

// content is the body, valid until reset.
func (r *response) content() []byte { return r.in[r.body:r.end] }

// rest is how many bytes have come beyond the answer.
func (r *response) rest() int { return len(r.in) - r.next }

// room returns free space at the end of in, and makes it where there is none.
func (r *response) room() []byte {
	if len(r.in) == cap(r.in) {
		size := max(4<<10, 2*cap(r.in))
		if r.part == inLength {
			size = max(4<<10, r.body+r.left) // all of it, and no more
		}
		if size <= cap(r.in) {
			size = 2 * cap(r.in)
		}
		r.in = append(make([]byte, 0, size), r.in...)
	}
	return r.in[len(r.in):cap(r.in)]
}

// parse takes in what has come since the last call, and reports whether that completes the answer.
func (r *response) parse() (done bool, err error) {
	for {
		switch r.part {
		case inHead:
			if more, err := r.parseHead(); more || err != nil {
				return false, err
			}
		case inLength:
			if len(r.in)-r.body < r.left {
				return false, nil
			}
			r.end = r.body + r.left
			r.part, r.next = whole, r.end
		case inChunks:
			if more, err := r.parseChunks(); more || err != nil {
				return false, err
			}
		case inTrailer:
			if more, err := r.parseTrailer(); more || err != nil {
				return false, err
			}
		case untilClose:
			if r.end, r.next = len(r.in), len(r.in); r.end-r.body > MaxAnswer {
				return false, errTooLarge
			}
			return false, nil
		case whole:
			return true, nil
		}
	}
}

// closed says what is wrong when the connection ends here; nil when that completes the answer.
func (r *response) closed() error {
	switch {
	case r.part == untilClose:
		return nil
	case r.part != inHead:
		return errCutShort
	case len(r.in) == 0:
		return errClosed
	}
	if _, err := r.read(r.in[r.start:]); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// parseHead reads a head once it is complete; more says that it is not yet.
func (r *response) parseHead() (more bool, err error) {
	const begins = "HTTP/"
	if got := r.in[r.start:]; !bytes.HasPrefix(got, []byte(begins[:min(len(begins), len(got))])) {
		line, _, _ := bytes.Cut(got[:min(len(got), 64)], []byte("\n"))
		return false, fmt.Errorf("%w %q", errNoHTTP, bytes.TrimSuffix(line, []byte("\r")))
	}
	end := r.headEnd()
	if end > maxHead || end < 0 && len(r.in) > maxHead {
		return false, errLongHead
	}
	if end < 0 {
		return true, nil
	}
	head := r.in[r.start:end]
	length, chunked, common := r.common(head)
	if !common {
		if length, chunked, err = r.uncommon(head); err != nil {
			return false, err
		}
	}
	r.body, r.end, r.next = end, end, end
	switch {
	case r.status/100 == 1 && r.status != http.StatusSwitchingProtocols:
		r.start, r.scanned = end, end // the answer itself follows
	case r.status/100 == 1:
		r.part, r.keep = whole, false
	case r.method == http.MethodHead || r.status == http.StatusNoContent || r.status == http.StatusNotModified:
		r.part = whole
	case chunked:
		r.part, r.chunked = inChunks, true
	case length > MaxAnswer:
		return false, errTooLarge
	case length >= 0:
		r.part, r.left = inLength, int(length)
	default:
		r.part, r.keep = untilClose, false
	}
	return false, nil
}

// headEnd is where the head ends, after its empty line; below 0 when it has not come.
func (r *response) headEnd() int {
	for from := max(r.scanned, r.start); ; {
		i := bytes.IndexByte(r.in[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		switch after := r.in[from:]; {
		case len(after) > 0 && after[0] == '\n':
			return from + 1
		case len(after) > 1 && after[0] == '\r' && after[1] == '\n':
			return from + 2
		case len(after) < 2:
			r.scanned = from - 1 // the line end is looked at again
			return -1
		}
		r.scanned = from
	}
}

// common reads a head in the common form: of HTTP/1.1, of plain lines, with nothing unusual in what
// frames the body. It reports false for any other, of which it has then told nothing.
func (r *response) common(head []byte) (length int64, chunked, ok bool) {
	const version = "HTTP/1.1 "
	if len(head) < len(version)+5 || string(head[:len(version)]) != version {
		return 0, false, false
	}
	code, after := head[len(version):len(version)+3], string(head[len(version)+3:len(version)+5])
	if code[0] < '1' || !digits(code) || after[0] != ' ' && after != "\r\n" {
		return 0, false, false
	}
	_, lines, ok := line(head)
	length, r.keep, r.named, r.slow = -1, true, "", nil
	connection := false
	for ok && len(lines) > 2 {
		var name, value []byte
		if name, value, lines, ok = field(lines); !ok {
			break
		}
		switch {
		case len(name) == 14 && equalFold(name, "content-length"):
			if ok = length < 0 && len(value) <= 18 && digits(value); ok {
				length = number(value)
			}
		case len(name) == 17 && equalFold(name, "transfer-encoding"):
			ok, chunked = !chunked && equalFold(value, "chunked"), true
		case len(name) == 10 && equalFold(name, "connection"):
			r.keep = !equalFold(value, "close")
			ok, connection = !connection && (!r.keep || equalFold(value, "keep-alive")), true
		case len(name) == 7 && equalFold(name, "trailer"), len(name) == 6 && equalFold(name, "pragma"):
			ok = false
		case len(name) == len(r.worker) && r.named == "" && r.worker != "" && equalFold(name, r.worker):
			r.named = r.intern(value)
		}
	}
	r.status = int(number(code))
	return length, chunked, ok && string(lines) == "\r\n"
}

// uncommon leaves a head to net/http.
func (r *response) uncommon(head []byte) (length int64, chunked bool, err error) {
	if r.slow, err = r.read(head); err != nil {
		return 0, false, err
	}
	r.status, r.keep, r.named = r.slow.StatusCode, !r.slow.Close, ""
	if r.worker != "" {
		r.named = r.slow.Header.Get(r.worker)
	}
	return r.slow.ContentLength, len(r.slow.TransferEncoding) > 0, nil
}

func (r *response) read(head []byte) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: r.method})
}

// intern is a worker's name as a string, which is made once.
func (r *response) intern(value []byte) string {
	if s, ok := r.workers[string(value)]; ok {
		return s
	}
	s := string(value)
	if r.workers != nil && len(r.workers) < 1024 {
		r.workers[s] = s
	}
	return s
}

// headers is the answer's header, as net/http would tell it; valid until the next answer.
func (r *response) headers() http.Header {
	if r.slow != nil {
		return r.slow.Header
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	clear(r.header)
	r.values = r.values[:0]
	_, lines, _ := strings.Cut(string(r.in[r.start:r.body]), "\r\n")
	for lines != "\r\n" {
		var text string
		text, lines, _ = strings.Cut(lines, "\r\n")
		name, value, _ := strings.Cut(text, ":")
		key, value := textproto.CanonicalMIMEHeaderKey(name), textproto.TrimString(value)
		switch {
		case key == "Transfer-Encoding", key == "Content-Length" && r.chunked,
			key == "Connection" && strings.EqualFold(value, "close"):
			continue // as net/http does
		case r.header[key] != nil:
			r.header[key] = append(r.header[key], value)
			continue
		}
		r.values = append(r.values, value)
		n := len(r.values)
		r.header[key] = r.values[n-1 : n : n]
	}
	return r.header
}

// parseChunks moves the data of chunks together; more says that they are not complete.
func (r *response) parseChunks() (more bool, err error) {
	defer func() {
		if more { // what is not dealt with moves to the end of the data
			n := copy(r.in[r.end:], r.in[r.next:])
			r.next, r.in = r.end, r.in[:r.end+n]
		}
	}()
	for {
		if n := min(r.left, r.rest()); n > 0 {
			copy(r.in[r.end:], r.in[r.next:r.next+n])
			r.end, r.next, r.left = r.end+n, r.next+n, r.left-n
		}
		if r.left > 0 {
			return true, nil
		}
		if r.chunkEnd {
			switch got := r.in[r.next:]; {
			case len(got) < 2:
				return true, nil
			case got[0] != '\r' || got[1] != '\n':
				return false, errChunk
			}
			r.chunkEnd, r.next = false, r.next+2
		}
		size, ok, err := r.chunkSize()
		if err != nil || !ok {
			return !ok && err == nil, err
		}
		if size == 0 {
			r.part = inTrailer
			return false, nil
		}
		if size > MaxAnswer || r.end-r.body+int(size) > MaxAnswer {
			return false, errTooLarge
		}
		r.left, r.chunkEnd = int(size), true
	}
}

// chunkSize reads the line before a chunk; false when it has not come.
func (r *response) chunkSize() (size uint64, ok bool, err error) {
	got := r.in[r.next:]
	i := bytes.IndexByte(got[:min(len(got), maxLine)], '\n')
	switch {
	case i < 0 && len(got) >= maxLine:
		return 0, false, errChunk
	case i < 0:
		return 0, false, nil
	case i == 0 || bytes.IndexByte(got[:i], '\r') != i-1:
		return 0, false, errChunk
	}
	text := bytes.TrimRight(got[:i-1], " \t")
	r.padding += int64(i-1) + 2
	text, _, _ = bytes.Cut(text, []byte(";"))
	if len(text) == 0 || len(text) > 16 {
		return 0, false, errChunk
	}
	for _, c := range text {
		v := hex(c)
		if v < 0 {
			return 0, false, errChunk
		}
		size = size<<4 | uint64(v)
	}
	// As net/http: a sender may add some bytes to each chunk, and not many.
	if r.padding = max(0, r.padding-16-2*int64(min(size, MaxAnswer))); r.padding > maxPadding {
		return 0, false, errPadding
	}
	r.next += i + 1
	return size, true, nil
}

// parseTrailer reads what follows the last chunk; more says that it has not come. Trailers are passed over.
func (r *response) parseTrailer() (more bool, err error) {
	got := r.in[r.next:]
	if len(got) < 2 {
		return true, nil
	}
	if got[0] == '\r' && got[1] == '\n' {
		r.part, r.next = whole, r.next+2
		return false, nil
	}
	i := bytes.Index(got[:min(len(got), maxLine)], []byte("\r\n\r\n"))
	if i < 0 {
		if len(got) >= maxLine {
			return false, errTrailer
		}
		return true, nil
	}
	from := bytes.NewReader(got[:i+4])
	lines := bufio.NewReader(from)
	if _, err := textproto.NewReader(lines).ReadMIMEHeader(); err != nil {
		return false, fmt.Errorf("read the trailer: %w", err)
	}
	r.part, r.next = whole, r.next+i+4-lines.Buffered()-from.Len()
	return false, nil
}

// field cuts the first line off the lines of a head and tells its name and value; false when it is not of the
// common form.
func field(lines []byte) (name, value, rest []byte, ok bool) {
	text, rest, ok := line(lines)
	colon := bytes.IndexByte(text, ':')
	if !ok || colon <= 0 {
		return nil, nil, rest, false
	}
	name, value = text[:colon], bytes.Trim(text[colon+1:], " \t")
	for _, c := range name {
		if !token[c] {
			return nil, nil, rest, false
		}
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return nil, nil, rest, false
		}
	}
	return name, value, rest, true
}

// line cuts the first line off; false when it does not end as it must.
func line(text []byte) (first, rest []byte, ok bool) {
	i := bytes.IndexByte(text, '\n')
	if i < 1 || text[i-1] != '\r' {
		return nil, nil, false
	}
	return text[:i-1], text[i+1:], true
}

// token are the characters of names and methods (RFC 9110, section 5.6.2).
var token = func() (t [256]bool) {
	for c := range t {
		t[c] = '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' ||
			c < 128 && strings.IndexByte("!#$%&'*+-.^_`|~", byte(c)) >= 0
	}
	return t
}()

func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

// number is the value of digits that fit.
func number(digits []byte) (n int64) {
	for _, c := range digits {
		n = 10*n + int64(c-'0')
	}
	return n
}

// hex is the value of a hexadecimal digit; below 0 of anything else.
func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// equalFold reports whether text is a word, in any case of ASCII letters.
func equalFold(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i, c := range text {
		if lower(c) != lower(word[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
