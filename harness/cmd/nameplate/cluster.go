package main

import (
	"os"
	"strings"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/config"
)

// clusterCommand runs the reference cluster in the foreground.
type clusterCommand struct{}

// Help lists the variables that configure a cluster.
func (clusterCommand) Help() string {
	var b strings.Builder
	b.WriteString("It is configured by its environment:\n\n")
	_ = config.Help(&b) // a builder takes everything
	return b.String()
}

// Run serves until an interrupt or SIGTERM, then drains.
func (clusterCommand) Run(c console) error {
	return exitWith(clusterimpl.Run(c.ctx, os.Environ(), c.stdout, c.stderr))
}
