//go:build !linux

package handover

import "net"

// quiet has no form here: connections that arrive while the socket is being closed are reset.
func quiet(*net.TCPListener) error { return ErrUnsupported }
