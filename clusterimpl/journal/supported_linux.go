package journal

import (
	"errors"
	"fmt"
	"net"
)

// Supported says why this system cannot have a journal; nil when it can. It makes a
// connection over the loopback interface and holds the kernel's totals of it against
// what went over it: an old kernel, or one that imitates Linux, may not keep them.
func Supported() error {
	if err := support(); err != nil {
		return fmt.Errorf("no journal of connections on this system: %w", err)
	}
	return nil
}

func support() error {
	ln, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer ln.Close()
	client, err := net.DialTCP("tcp4", nil, ln.Addr().(*net.TCPAddr))
	if err != nil {
		return err
	}
	defer client.Close()
	server, err := ln.AcceptTCP()
	if err != nil {
		return err
	}
	defer server.Close()
	if _, err := client.Write(make([]byte, 7)); err != nil {
		return err
	}
	if _, err := server.Read(make([]byte, 5)); err != nil {
		return err
	}
	if _, err := server.Write(make([]byte, 3)); err != nil {
		return err
	}
	return check(server)
}

func check(server *net.TCPConn) error {
	raw, err := server.SyscallConn()
	if err != nil {
		return err
	}
	var t Totals
	if controlled := raw.Control(func(fd uintptr) { t, err = ReadTotals(int(fd)) }); controlled != nil {
		return controlled
	}
	if err != nil {
		return err
	}
	if want := (Totals{Read: 5, Written: 3, Open: true}); t != want {
		return errors.New("the kernel's totals of a connection (TCP_INFO) are wrong")
	}
	b, err := Create(1, 1)
	if err != nil {
		return err
	}
	b.Close()
	return nil
}
