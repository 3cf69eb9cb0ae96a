package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
	"time"
)

// Cause is why a system is not ready.
type Cause string

// The causes. A system that refuses the handshake of TLS is told of by [HopelessError].
const (
	CauseNothingListens Cause = "nothing listens"
	CauseUnknownHost    Cause = "unknown host"
	CauseUnroutable     Cause = "no route"
	CauseNoAnswer       Cause = "no answer"
	CauseStatus         Cause = "status"
	CauseBroken         Cause = "broken"
)

// UnreadyError says that a system has not become ready, and why.
type UnreadyError struct {
	URL    string        // that was asked for
	Within time.Duration // how long it was asked; 0: the first answer said enough
	Cause  Cause
	Status int   // with [CauseStatus]: the status of the last answer, 500 or above
	Err    error // what the last attempt came to; nil with [CauseStatus]
}

// Error names the cause, the place, and what is allowed.
func (e *UnreadyError) Error() string {
	text := fmt.Sprintf("%s: %s", e.URL, e.what())
	if e.Within > 0 {
		text = fmt.Sprintf("not ready within %v: %s", e.Within, text)
	}
	return text
}

// Unwrap returns what the last attempt came to.
func (e *UnreadyError) Unwrap() error { return e.Err }

// what is the cause with its details, and what is allowed in its place.
func (e *UnreadyError) what() string {
	switch e.Cause {
	case CauseNothingListens:
		return fmt.Sprintf("nothing listens at %s (connection refused); allowed: the address at which the "+
			"system listens",
			addressOf(e.URL))
	case CauseUnknownHost:
		return fmt.Sprintf("the name %s cannot be resolved; allowed: a name that this machine knows, or an IP address",
			hostOf(e.URL))
	case CauseUnroutable:
		return fmt.Sprintf("%s cannot be reached: no route to it; allowed: a host on a network that this machine is on",
			addressOf(e.URL))
	case CauseNoAnswer:
		return fmt.Sprintf("%s does not answer (time-out); allowed: a system that answers at this path, or another "+
			"path as ready",
			addressOf(e.URL))
	case CauseStatus:
		return fmt.Sprintf(
			"it answers with status %d; allowed: a status below 500 at this path, or another path as ready", e.Status,
		)
	}
	return fmt.Sprintf("%v; allowed: an answer by HTTP with a status below 500", e.Err)
}

// causeOf classifies what an attempt to ask a system came to.
func causeOf(err error) Cause {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return CauseUnknownHost
	case errors.Is(err, syscall.ECONNREFUSED):
		return CauseNothingListens
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return CauseUnroutable
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return CauseNoAnswer
	}
	return CauseBroken
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.Hostname()
}
