package handover

import (
	"net"

	"golang.org/x/sys/unix"
)

// quiet makes a listening socket take no new connections without closing it: closing
// resets those that the kernel accepts between the last accept and the close.
//
// A filter drops first packets (SYN without ACK, byte 13 of RFC 9293's header), so that
// handshakes under way still finish. A client that is dropped tries again after a
// second, and is refused then.
func quiet(ln *net.TCPListener) error {
	const flags, syn, ack = 13, 0x02, 0x10
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: syn | ack},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jt: 0, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
	}
	return control(ln, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
}
