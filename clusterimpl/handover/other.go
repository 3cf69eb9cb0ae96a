//go:build !linux

package handover

import (
	"fmt"
	"log/slog"
	"net"
	"os"
)

// Best is the best mode that this system has, and the reason where it is not the first.
func Best() (Mode, error) {
	return Inherited, fmt.Errorf("connections cannot be handed over on this system: %w", ErrUnsupported)
}

func newDispatcher(*net.TCPListener, bool, *slog.Logger) (Spreader, error) {
	return nil, fmt.Errorf("hand over connections: %w", ErrUnsupported)
}

func newQueue(int, []*os.File) (Receiver, error) {
	return nil, fmt.Errorf("receive connections: %w", ErrUnsupported)
}
