package main

import (
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
)

// archived writes a sample run: archived healthy|overloaded FOLDER.
func archived(ts *testscript.TestScript, neg bool, args []string) {
	samples := map[string]func(...int) *archive.Run{"healthy": archivetest.Sample, "overloaded": archivetest.Overloaded}
	if neg || len(args) != 2 || samples[args[0]] == nil {
		ts.Fatalf("usage: archived healthy|overloaded folder")
	}
	ts.Check(archive.Save(ts.MkAbs(args[1]), samples[args[0]](2)))
}
