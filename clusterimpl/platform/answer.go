package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// maxBody bounds a JSON body, in bytes.
const maxBody = 64 << 10

// problem is what is wrong with a request.
type problem struct {
	status                 int
	reason, field, allowed string
	line                   int // of an imported file, or 0
}

func (p *problem) Error() string { return p.reason }

// faults counts what the stores failed to do, and logs it.
type faults struct {
	log                             *slog.Logger
	ledger, redis                   atomic.Uint64
	ledgerExhausted, redisExhausted atomic.Uint64 // of those: no connection was free in time
}

func (f *faults) ofRedis(err error) {
	if errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted) {
		f.redisExhausted.Add(1)
	}
	if n := f.redis.Add(1); worthLogging(n) {
		f.log.Warn("redis failed", "times", n, "reason", err)
	}
}

func (f *faults) ofLedger(err error) {
	if errors.Is(err, ledger.ErrExhausted) {
		f.ledgerExhausted.Add(1)
	}
	if n := f.ledger.Add(1); worthLogging(n) {
		f.log.Warn("the database failed", "times", n, "reason", err)
	}
}

// worthLogging is true of the powers of two: an outage logs some lines, not all.
func worthLogging(n uint64) bool { return n&(n-1) == 0 }

func allowedMethods(methods map[string]handler) string {
	return strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
}

// answer writes a value as one line of JSON.
func answer(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	answerBytes(w, status, append(body, '\n'))
	return nil
}

var jsonType = []string{"application/json"}

func answerBytes(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: nobody to tell
}

// fail answers a request that could not be served.
func (p *Platform) fail(w http.ResponseWriter, r *http.Request, err error) {
	known := p.explain(r.Context(), err)
	if known.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	// strings always encode
	_ = answer(w, known.status,
		wire.Error{Error: known.reason, Field: known.field, Allowed: known.allowed, Line: known.line})
}

// explain tells what a client may know of an error.
func (p *Platform) explain(ctx context.Context, err error) *problem {
	var known *problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &large):
		return &problem{status: http.StatusRequestEntityTooLarge, reason: "the body is too large",
			field: "body", allowed: fmt.Sprintf("at most %d bytes", large.Limit)}
	case errors.Is(err, ledger.ErrUnknownAccount):
		return &problem{status: http.StatusNotFound, reason: err.Error(), field: "id"}
	case errors.Is(err, ledger.ErrConflict):
		return &problem{
			status: http.StatusConflict, reason: err.Error(), field: "id",
			allowed: "an id that was never used, or the same transfer again",
		}
	case errors.Is(err, ledger.ErrUnavailable):
		if ctx.Err() == nil { // else it is the client who has gone
			p.faults.ofLedger(err)
		}
		reason := ledger.ErrUnavailable
		if errors.Is(err, ledger.ErrExhausted) {
			reason = ledger.ErrExhausted
		}
		return &problem{status: http.StatusServiceUnavailable, reason: reason.Error()}
	case errors.Is(err, errSessionsDown):
		p.faults.ofRedis(err)
		return &problem{status: http.StatusServiceUnavailable, reason: errSessionsDown.Error()}
	}
	if ctx.Err() != nil { // the client has gone: nobody reads this
		return &problem{status: http.StatusServiceUnavailable, reason: "the request was given up"}
	}
	p.config.Logger.Error("a request failed", "reason", err)
	return &problem{status: http.StatusInternalServerError, reason: "internal error"}
}

// decode reads a JSON body strictly: one object, no field that is not known, nothing after it.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return unreadable(err)
	}
	return decodeJSON(body, into)
}

// unreadable is an error of reading a body: too large, or not all there.
func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return &problem{status: http.StatusBadRequest, reason: "the body ends early", field: "body"}
}

func decodeJSON(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return malformed(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return &problem{
			status: http.StatusBadRequest, reason: "there is something after the JSON object", field: "body",
			allowed: "one JSON object",
		}
	}
	return nil
}

func malformed(err error) *problem {
	bad := &problem{status: http.StatusBadRequest, field: "body", allowed: "one JSON object with the documented fields"}
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		bad.reason = fmt.Sprintf("a JSON %s stands where it may not", kind.Value)
		bad.allowed = "a value of type " + kind.Type.String()
		if kind.Field != "" {
			bad.field = kind.Field
		}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		bad.reason = "the body is empty or ends early"
	default:
		bad.reason = "the body is not the JSON that is wanted: " + strings.TrimPrefix(err.Error(), "json: ")
	}
	return bad
}

// refuse is a value that is not allowed.
func refuse(field, reason, allowed string) *problem {
	return &problem{status: http.StatusUnprocessableEntity, field: field, reason: reason, allowed: allowed}
}
