//go:build unix

package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// fileLock is a lock between processes that wait for it in the kernel, first come, first
// served. It ends with the process. SQLite's own locks are of another kind and on another
// file, which they have to be: to close any descriptor of the database's file would end them.
type fileLock struct{ file *os.File }

func openFileLock(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileLock{file}, nil
}

// Lock waits until no other process has the lock.
func (l *fileLock) Lock() error {
	for {
		if err := unix.Flock(int(l.file.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Unlock lets the next have it.
func (l *fileLock) Unlock() error { return unix.Flock(int(l.file.Fd()), unix.LOCK_UN) }

// Close gives the lock up.
func (l *fileLock) Close() error { return l.file.Close() }
