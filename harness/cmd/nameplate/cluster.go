package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/control"
)

// clusterCommand is the reference cluster.
type clusterCommand struct {
	Run    clusterRunCommand    `cmd:"" default:"1" help:"Run it in the foreground (the default)."`
	Scale  clusterScaleCommand  `cmd:"" help:"Change the number of workers of a running cluster, without losing a request."`
	Reload clusterReloadCommand `cmd:"" help:"Replace every worker of a running cluster by a new one, without losing a request."`
}

// Help lists the variables that configure a cluster.
func (clusterCommand) Help() string {
	var b strings.Builder
	b.WriteString("It is configured by its environment:\n\n")
	_ = config.Help(&b) // a builder takes everything
	return b.String()
}

// clusterRunCommand runs the cluster in the foreground.
type clusterRunCommand struct{}

// Run serves until an interrupt or SIGTERM, then drains.
func (clusterRunCommand) Run(c console) error {
	return exitWith(clusterimpl.Run(c.ctx, os.Environ(), c.stdout, c.stderr))
}

// target names a running cluster.
type target struct {
	Port    int    `help:"Port of the cluster." default:"3001" env:"PORT"`
	Control string `help:"Its control socket, where that is not at the place that follows from the port." env:"CLUSTER_CONTROL" placeholder:"PATH"`
}

func (t target) send(c console, r control.Request) error {
	path := t.Control
	if path == "" {
		path = control.Path(t.Port)
	}
	return control.Send(c.ctx, path, r)
}

// clusterScaleCommand changes the number of workers.
type clusterScaleCommand struct {
	Workers int `arg:"" help:"Number of workers, 1 to 256."`
	target
}

// Run returns when all workers are ready, and those that were too many have ended.
func (s clusterScaleCommand) Run(c console) error {
	if s.Workers < 1 || s.Workers > 256 {
		return usageError{fmt.Errorf("%d workers are not possible: want 1 to 256", s.Workers)}
	}
	if err := s.send(c, control.Request{Do: control.Scale, Workers: s.Workers}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.stdout, "%d workers are ready\n", s.Workers)
	return err
}

// clusterReloadCommand replaces the workers.
type clusterReloadCommand struct{ target }

// Run returns when every worker has been replaced.
func (r clusterReloadCommand) Run(c console) error {
	if err := r.send(c, control.Request{Do: control.Reload}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(c.stdout, "every worker is a new one")
	return err
}
