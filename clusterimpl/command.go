package clusterimpl

import (
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/control"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
	"github.com/nameplate-dev/nameplate/clusterimpl/primary"
)

// takeCommands takes commands from SIGHUP and from the control socket, if there is to be one,
// until stop is called.
func (s service) takeCommands(ctx context.Context, c config.Config, address net.Addr) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	path := c.Control
	if path == "" && s.control && c.ClusterMode {
		path = control.Path(address.(*net.TCPAddr).Port)
	}
	var ln *net.UnixListener
	if path != "" && path != config.NoControl && c.ClusterMode {
		if ln, err = control.Listen(path); err != nil {
			cancel()
			return nil, err
		}
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	log := s.logs.For(logging.Cluster)
	do := func(r control.Request, done func(error)) {
		select {
		case s.commands <- primary.Command{Request: r, Done: done}:
		case <-ctx.Done():
			done(errors.New("the cluster ends"))
		}
	}
	var helpers sync.WaitGroup
	helpers.Go(func() {
		for {
			select {
			case <-hup:
				if !c.ClusterMode {
					log.Warn("SIGHUP has no meaning for a single process: there are no workers to replace")
					continue
				}
				do(control.Request{Do: control.Reload}, func(error) {}) // the primary logs how it went
			case <-ctx.Done():
				return
			}
		}
	})
	if ln != nil {
		log.Info("commands are taken", "socket", path)
		helpers.Go(func() { control.Serve(ctx, ln, do) })
	}
	return func() {
		cancel()
		signal.Stop(hup)
		helpers.Wait()
	}, nil
}

// changed tells how a command went.
func changed(r control.Request, err error) ipc.Event {
	e := ipc.Event{Kind: ipc.Changed, ID: r.ID}
	if err != nil {
		e.Detail = err.Error()
	}
	return e
}
