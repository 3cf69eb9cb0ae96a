// Command nameplate holds a cluster against its documented figures. See nameplate --help.
package main

import (
	"context"
	"os"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/fixtures"
)

func main() {
	clusterimpl.Hook()
	fixtures.Hook()
	os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
