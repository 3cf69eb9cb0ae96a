package main

import (
	"fmt"
	"os/exec"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
)

type versionCommand struct{}

func (versionCommand) Run(c console) error {
	b := buildInfo()
	modified := ""
	if b.Modified {
		modified = ", modified"
	}
	_, err := fmt.Fprintf(c.stdout, "nameplate %s (revision %s%s, %s)\n", b.Nameplate, b.Revision, modified, b.Go)
	return err
}

// buildInfo says which program this is. Where the build carries no revision, as with go run, it is asked of
// the work tree that the program was started in, if that is this project's.
func buildInfo() archive.Build {
	b := archive.ThisBuild()
	if b.Revision == archive.UnknownRevision {
		b.Revision, b.Modified = workTree()
	}
	return b
}

// workTree is the revision of the work tree in which the command runs.
func workTree() (revision string, modified bool) {
	module, err := exec.Command("go", "list", "-m").Output()
	if err != nil || strings.TrimSpace(string(module)) != archive.Module {
		return archive.UnknownRevision, false
	}
	head, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return archive.UnknownRevision, false
	}
	status, err := exec.Command("git", "status", "--porcelain").Output()
	return strings.TrimSpace(string(head)), err != nil || len(status) > 0
}
