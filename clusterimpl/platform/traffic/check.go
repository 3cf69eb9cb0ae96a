package traffic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
)

// check is the kind of function that a request has.
type check = func(status int, header http.Header, body []byte) error

// excerpt bounds what an error quotes of a body, in bytes.
const excerpt = 120

func quote(body []byte) string {
	if len(body) > excerpt {
		return fmt.Sprintf("%q…", body[:excerpt])
	}
	return fmt.Sprintf("%q", body)
}

func wantStatus(status, want int, body []byte) error {
	if status != want {
		return fmt.Errorf("status %d, want %d: %s", status, want, quote(body))
	}
	return nil
}

// exactly wants one body, byte by byte.
func exactly(want []byte) check {
	return func(status int, _ http.Header, body []byte) error {
		if err := wantStatus(status, http.StatusOK, body); err != nil {
			return err
		}
		if !bytes.Equal(body, want) {
			return differs(body, want)
		}
		return nil
	}
}

// differs shows where two bodies part.
func differs(body, want []byte) error {
	at := 0
	for at < len(body) && at < len(want) && body[at] == want[at] {
		at++
	}
	from := max(0, at-20)
	return fmt.Errorf("the body differs at byte %d: got %s, want %s", at, quote(body[from:]), quote(want[from:]))
}

// tolerance is how far a figure may be from the expected one, in relation to it.
const tolerance = 1e-9

// nearly wants one JSON value, with figures within the tolerance.
func nearly(want []byte) check {
	var expected any
	if err := json.Unmarshal(want, &expected); err != nil {
		panic(err) // it was encoded here
	}
	return func(status int, _ http.Header, body []byte) error {
		if err := wantStatus(status, http.StatusOK, body); err != nil {
			return err
		}
		if bytes.Equal(body, want) {
			return nil
		}
		var got any
		if err := decode(body, &got); err != nil {
			return err
		}
		if !alike(got, expected) {
			return differs(body, want)
		}
		return nil
	}
}

func alike(a, b any) bool {
	switch b := b.(type) {
	case float64:
		a, ok := a.(float64)
		return ok && math.Abs(a-b) <= tolerance*max(1, math.Abs(b))
	case []any:
		a, ok := a.([]any)
		return ok && slices.EqualFunc(a, b, alike)
	case map[string]any:
		a, ok := a.(map[string]any)
		return ok && maps.EqualFunc(a, b, alike)
	}
	return a == b
}

// decode reads one JSON value and nothing else.
func decode(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the body is not the JSON that is wanted: %w: %s", err, quote(body))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("the body goes on after its JSON: %s", quote(body))
	}
	return nil
}

// line encodes a value as the platform does.
func line(v any) ([]byte, error) {
	var b bytes.Buffer
	err := json.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}
