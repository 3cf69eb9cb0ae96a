package worker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// profile starts a profile of this process's processor time, which is written into a folder once the
// returned function is called; a process that is killed leaves none. Nothing is done for "".
func profile(dir string) (stop func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	path := filepath.Join(dir, fmt.Sprintf("cpu-%d.pprof", os.Getpid()))
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("profile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := errors.Join(f.Close(), os.Rename(path+".tmp", path)); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		return nil
	}, nil
}
