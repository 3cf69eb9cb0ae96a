//go:build !unix

package rawsocket

import "syscall"

// Quiet cannot be told here.
func Quiet(syscall.RawConn) bool { return false }
