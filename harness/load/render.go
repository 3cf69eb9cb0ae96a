package load

import (
	"bytes"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// inline is the largest body that is copied behind the head of its request, in bytes: a larger one goes out from where
// it is.
const inline = 16 << 10

// renderer writes requests of HTTP/1.1 as net/http would, with nothing made anew for each.
type renderer struct {
	base *url.URL
	host string   // the line that names the host
	keys []string // of a header, to be put in order
}

// newRenderer lets net/http say what the host's line is.
func newRenderer(base *url.URL) (*renderer, error) {
	message, err := makeMessage(base, &Request{Method: http.MethodGet, Path: "/"})
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := message.Write(&text); err != nil {
		return nil, err
	}
	lines := strings.SplitAfterN(text.String(), "\r\n", 3)
	return &renderer{base: base, host: lines[1]}, nil
}

// render appends a request to head, and returns with it what of the body is to follow.
func (r *renderer) render(head []byte, q *Request) (_, body []byte, err error) {
	head, err = r.firstLine(head, q)
	if err != nil {
		return nil, nil, err
	}
	head = append(head, r.host...)
	agent := "Go-http-client/1.1"
	if given, ok := q.Header["User-Agent"]; ok {
		agent = ""
		if len(given) > 0 {
			agent = textproto.TrimString(given[0])
		}
	}
	if agent != "" {
		head = append(append(append(head, "User-Agent: "...), agent...), "\r\n"...)
	}
	if len(q.Body) > 0 || q.Method == http.MethodPost || q.Method == http.MethodPut || q.Method == http.MethodPatch {
		head = append(strconv.AppendInt(append(head, "Content-Length: "...), int64(len(q.Body)), 10), "\r\n"...)
	}
	if head, err = r.header(head, q.Header); err != nil {
		return nil, nil, err
	}
	head = append(head, "\r\n"...)
	if len(q.Body) <= inline {
		return append(head, q.Body...), nil, nil
	}
	return head, q.Body, nil
}

// firstLine appends the method and the path.
func (r *renderer) firstLine(head []byte, q *Request) ([]byte, error) {
	method := q.Method
	if method == "" {
		method = http.MethodGet
	}
	if !isToken(method) {
		return nil, fmt.Errorf("make the request: the method is %q, allowed are letters, digits and !#$%%&'*+-.^_`|~",
			method)
	}
	path := q.Path
	if !plainPath(path) {
		message, err := makeMessage(r.base, q)
		if err != nil {
			return nil, err
		}
		if path = message.URL.RequestURI(); strings.ContainsFunc(path, isControl) {
			return nil, fmt.Errorf("make the request: the path %q has a control character", path)
		}
	}
	head = append(append(head, method...), ' ')
	return append(append(head, path...), " HTTP/1.1\r\n"...), nil
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// header appends the lines of a header, by name, as net/http orders them.
func (r *renderer) header(head []byte, header http.Header) ([]byte, error) {
	r.keys = r.keys[:0]
	for key := range header {
		r.keys = append(r.keys, key)
	}
	slices.Sort(r.keys)
	for _, key := range r.keys {
		if !isToken(key) {
			return nil, fmt.Errorf(
				"make the request: a header's name is %q, allowed are letters, digits and !#$%%&'*+-.^_`|~", key,
			)
		}
		for _, value := range header[key] {
			if strings.ContainsFunc(value, func(c rune) bool { return isControl(c) && c != '\t' }) {
				return nil, fmt.Errorf("make the request: the value of header %s has a control character", key)
			}
			switch key {
			case "Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer":
				continue // told already, or not the source's to tell
			}
			head = append(append(head, key...), ": "...)
			head = append(append(head, textproto.TrimString(value)...), "\r\n"...)
		}
	}
	return head, nil
}

func isToken(text string) bool {
	for i := range len(text) {
		if !token[text[i]] {
			return false
		}
	}
	return text != ""
}

// plainPath reports whether a path goes out as it is.
func plainPath(path string) bool {
	if len(path) == 0 || path[0] != '/' || len(path) > 1 && path[1] == '/' {
		return false
	}
	query := false
	for i := range len(path) {
		switch c := path[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '/', c == '-', c == '_', c == '.',
			c == '~':
		case c == '?' && i < len(path)-1:
			query = true
		case query && (c == '=' || c == '&' || c == '%' || c == '+' || c == ',' || c == ':'):
		default:
			return false
		}
	}
	return true
}
