package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/reports/serve"
)

// serveCommand shows the runs of a folder in a browser.
type serveCommand struct {
	Dir    string `arg:"" optional:"" default:"nameplate-out" help:"Folder of the runs (default: ${default})." type:"path"`
	Listen string `help:"Address to listen on; port 0 takes one that is free." default:"127.0.0.1:7007" placeholder:"HOST:PORT"`
	Public bool   `help:"Allow an address that other machines reach: they can then read all runs of the folder."`
}

// Run serves until it is interrupted, which is its ordinary end.
func (k serveCommand) Run(c console) error {
	c.readOnly()
	address, err := net.ResolveTCPAddr("tcp", k.Listen)
	if err != nil {
		return usageError{fmt.Errorf("--listen: %q is no address: %w; allowed: HOST:PORT", k.Listen, err)}
	}
	local := address.IP != nil && address.IP.IsLoopback()
	if !local && !k.Public {
		return usageError{fmt.Errorf("--listen: other machines reach %s; allowed: an address of the loopback "+
			"interface, e.g. 127.0.0.1:7007, and any other with --public", k.Listen)}
	}
	folder, err := os.OpenRoot(k.Dir)
	if err != nil {
		return usageError{fmt.Errorf("open the folder of the runs: %w", err)}
	}
	defer folder.Close()
	listener, err := (&net.ListenConfig{}).Listen(c.ctx, "tcp", address.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("%s is in use; allowed: another port, or 0 for one that is free", k.Listen)
	}
	if err != nil {
		return &run.EnvironmentError{Where: "--listen", Err: err}
	}
	if !local {
		fmt.Fprintf(c.stderr, "nameplate: warning: whoever reaches %s can read all runs in %s\n", listener.Addr(),
			k.Dir)
	}
	host, _, _ := net.SplitHostPort(k.Listen) // which was resolved
	if host == "" {
		host = net.IPv6unspecified.String()
	}
	fmt.Fprintf(c.stdout, "http://%s/ shows the runs in %s; an interrupt (Ctrl-C) ends it\n", listener.Addr(), k.Dir)
	return serve.Serve(c.ctx, listener, folder, host)
}
