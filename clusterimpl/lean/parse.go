package lean

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
)

// maxLines bounds the header lines of a plain request.
const maxLines = 64

// parse reads the head of a plain request at the beginning of b into r, and returns its
// length; false when there is none, which says nothing of what it is.
func parse(b []byte, r *http.Request) (size int, ok bool) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, false
	}
	text := string(b[:end+2]) // all strings of the request are parts of it
	line, rest, _ := strings.Cut(text, "\r\n")
	if !requestLine(line, r) || !headerLines(rest, r) {
		return 0, false
	}
	return end + 4, true
}

func requestLine(line string, r *http.Request) bool {
	method, rest, _ := strings.Cut(line, " ")
	target, proto, _ := strings.Cut(rest, " ")
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return false
	}
	path, query, asked := strings.Cut(target, "?")
	if proto != "HTTP/1.1" || !plainPath(path) || asked && query == "" || !all(query, isQuery) {
		return false
	}
	r.Method, r.RequestURI = method, target
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.URL = &url.URL{Path: path, RawQuery: query}
	return true
}

func plainPath(path string) bool {
	return len(path) > 0 && path[0] == '/' && (len(path) == 1 || path[1] != '/') && all(path, isPath)
}

// headerLines reads the lines of the header, each of which ends with CRLF.
func headerLines(lines string, r *http.Request) bool {
	count := strings.Count(lines, "\n")
	if count > maxLines {
		return false
	}
	r.Header = make(http.Header, count)
	values := make([]string, 0, count) // one piece of memory for all lists of one value
	length := false
	for lines != "" {
		var line string
		line, lines, _ = strings.Cut(lines, "\r\n")
		name, value, found := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !found || name == "" || !all(name, isToken) || !all(value, isValue) {
			return false
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		switch name {
		case "Transfer-Encoding", "Expect", "Upgrade", "Trailer", "Pragma":
			return false
		case "Connection":
			if !strings.EqualFold(value, "keep-alive") {
				return false
			}
		case "Host":
			if r.Host != "" || value == "" || !all(value, isHost) {
				return false
			}
			r.Host = value
			continue // as net/http does
		case "Content-Length":
			if length || !plainLength(value, r) {
				return false
			}
			length = true
		}
		if list, again := r.Header[name]; again {
			r.Header[name] = append(list, value)
			continue
		}
		values = append(values, value)
		r.Header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	return r.Host != ""
}

func plainLength(value string, r *http.Request) bool {
	if value == "" || len(value) > 15 || len(value) > 1 && value[0] == '0' || !all(value, isDigit) {
		return false
	}
	n, err := strconv.ParseInt(value, 10, 64)
	r.ContentLength = n
	return err == nil
}

// class is a set of bytes.
type class uint8

const (
	isToken class = 1 << iota // RFC 9110, section 5.6.2
	isValue                   // of a header: what can be printed, blanks and tabs
	isPath                    // what stands for itself in a path, however it is escaped
	isQuery
	isHost
	isDigit
)

var classes = func() (c [256]class) {
	const digits = "0123456789"
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	set := func(of class, bytes string) {
		for i := range len(bytes) {
			c[bytes[i]] |= of
		}
	}
	set(isToken, digits+letters+"!#$%&'*+-.^_`|~")
	set(isPath, digits+letters+"-._~$&+,/:;=@")
	set(isHost, digits+letters+"-.:[]")
	set(isDigit, digits)
	for b := byte(' '); b < 0x7f; b++ {
		set(isValue, string(b))
		if b != ' ' && b != '#' {
			set(isQuery, string(b))
		}
	}
	set(isValue, "\t")
	return c
}()

func all(s string, of class) bool {
	for i := range len(s) {
		if classes[s[i]]&of == 0 {
			return false
		}
	}
	return true
}
