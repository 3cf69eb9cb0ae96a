// Command nameplate holds a cluster against its documented figures. See nameplate --help.
package main

import (
	"context"
	"os"

	"github.com/nameplate-dev/nameplate/harness/reference"
)

func main() {
	reference.Hook()
	os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
