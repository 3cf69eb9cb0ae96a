// Package profile writes profiles of the processor time of a cluster's processes.
package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/nameplate-dev/nameplate/internal/files"
)

// The roles of processes. A profile's file has the name of its process's role, its id, and .pprof.
const (
	Worker  = "worker"
	Primary = "primary"
)

// Start starts a profile of this process's processor time, which is written into a folder once the
// returned function is called; a process that is killed leaves none. Nothing is done for "".
func Start(dir, role string) (stop func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.pprof", role, os.Getpid()))
	f, done, err := files.Create(path)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("profile: %w", done(err))
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := done(nil); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		return nil
	}, nil
}
