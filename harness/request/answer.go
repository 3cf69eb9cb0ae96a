package request

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// checker holds an answer against what the suite expects, and keeps what it captures.
func checker(e suite.Expect, capture []suite.Pair, s *state) func(int, http.Header, []byte) error {
	return func(status int, header http.Header, body []byte) error {
		if err := expected(e, status, header, body); err != nil {
			return err
		}
		if len(e.JSON) == 0 && len(capture) == 0 {
			return nil
		}
		document, err := decode(body)
		if err != nil {
			return err
		}
		for _, want := range e.JSON {
			if got, ok := lookup(document, want.Name); !ok {
				return fmt.Errorf("the answer has no %s", want.Name)
			} else if got != want.Value {
				return fmt.Errorf("%s in the answer is not the expected value", want.Name)
			}
		}
		for _, c := range capture {
			got, ok := lookup(document, c.Value)
			if !ok {
				return fmt.Errorf("capture %s found nothing at %s", c.Name, c.Value)
			}
			s.put(c.Name, got)
		}
		return nil
	}
}

func expected(e suite.Expect, status int, header http.Header, body []byte) error {
	switch {
	case e.Status != 0 && status != e.Status:
		return fmt.Errorf("status %d, want %d", status, e.Status)
	case e.Status == 0 && (status < 200 || status > 299):
		return fmt.Errorf("status %d, want 2xx", status)
	case e.Size > 0 && int64(len(body)) > int64(e.Size):
		return fmt.Errorf("the body is larger than %v", e.Size)
	}
	for _, want := range e.Headers {
		if !strings.Contains(header.Get(want.Name), want.Value) {
			return fmt.Errorf("the header %s does not hold the expected text", want.Name)
		}
	}
	if e.SHA256 != "" {
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != e.SHA256 {
			return fmt.Errorf("the body has not the expected hash")
		}
	}
	return nil
}

// decode reads a JSON document; its error names no content, which may be secret.
func decode(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var document any
	if d.Decode(&document) != nil {
		return nil, fmt.Errorf("the answer is not JSON")
	}
	return document, nil
}

// lookup finds the scalar at a path of keys and indices, e.g. items.0.id.
func lookup(document any, path string) (string, bool) {
	for _, key := range strings.Split(path, ".") {
		switch d := document.(type) {
		case map[string]any:
			next, ok := d[key]
			if !ok {
				return "", false
			}
			document = next
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(d) {
				return "", false
			}
			document = d[i]
		default:
			return "", false
		}
	}
	switch d := document.(type) {
	case string:
		return d, true
	case json.Number:
		return d.String(), true
	case bool:
		return strconv.FormatBool(d), true
	}
	return "", false
}
