package journal

import (
	"cmp"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Totals is what the kernel knows of a connection, whoever has used it.
type Totals struct {
	Read    uint64 // bytes that were read from it
	Written uint64 // bytes that were written to it
	Open    bool   // answers can be written
}

// TCP states, of linux/tcp_states.h.
const (
	established = 1
	closeWait   = 8 // the client sends no more
)

// ReadTotals asks the kernel. Read is what has arrived (tcpi_bytes_received, which
// counts the client's end as one) without what waits (SIOCINQ); Written is what was
// acknowledged (tcpi_bytes_acked) and what was not yet (SIOCOUTQ).
func ReadTotals(fd int) (Totals, error) {
	for range 100 {
		before, failed1 := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		waiting, failed2 := unix.IoctlGetInt(fd, unix.SIOCINQ)
		sending, failed3 := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		after, failed4 := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err := cmp.Or(failed1, failed2, failed3, failed4); err != nil {
			return Totals{}, fmt.Errorf("read a connection's totals: %w", err)
		}
		if before.Bytes_received != after.Bytes_received || before.Bytes_acked != after.Bytes_acked ||
			before.State != after.State {
			continue // a packet came in between
		}
		t := Totals{
			Read:    after.Bytes_received - uint64(waiting),
			Written: after.Bytes_acked + uint64(sending),
			Open:    after.State == established || after.State == closeWait,
		}
		if after.State == closeWait && t.Read > 0 {
			t.Read--
		}
		return t, nil
	}
	return Totals{}, errors.New("read a connection's totals: they change all the time")
}
