package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/nameplate-dev/nameplate/internal/files"
)

// profile starts a profile of this process's processor time, which is written into a folder once the
// returned function is called; a process that is killed leaves none. Nothing is done for "".
func profile(dir string) (stop func() error, err error) {
	if dir == "" {
		return func() error { return nil }, nil
	}
	path := filepath.Join(dir, fmt.Sprintf("cpu-%d.pprof", os.Getpid()))
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
