//go:build !linux || race

package rawsocket

import (
	"errors"
	"syscall"
)

// Stream is what this system does not have, nor the race detector can see through.
type Stream struct{}

// New makes none.
func New(syscall.Conn) (*Stream, error) { return nil, errors.ErrUnsupported }

// Read implements io.Reader.
func (*Stream) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Write implements io.Writer.
func (*Stream) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }
