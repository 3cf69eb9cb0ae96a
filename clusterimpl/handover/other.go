//go:build !linux

package handover

import (
	"fmt"
	"log/slog"
	"net"
	"os"
)

// Available says whether this system can hand connections over.
const Available = false

func newDispatcher(*net.TCPListener, int, *slog.Logger) (Spreader, error) {
	return nil, fmt.Errorf("hand over connections: %w", ErrUnsupported)
}

func newQueue(int, []*os.File) (Receiver, error) {
	return nil, fmt.Errorf("receive connections: %w", ErrUnsupported)
}
