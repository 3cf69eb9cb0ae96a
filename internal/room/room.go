// Package room tells whether a folder can take what is to be written there, before anything is.
package room

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Error says that a folder cannot be written, or that its disk has too little room.
type Error struct {
	Path string // the folder
	Need int64  // bytes; 0: none were asked for
	Free int64  // bytes; known only when the disk is too full
	Err  error  // a [syscall.Errno], usually: ENOSPC, EROFS, EACCES
}

// Error names the folder and the cause.
func (e *Error) Error() string {
	if errors.Is(e.Err, syscall.ENOSPC) {
		return fmt.Sprintf("%s: %v: %s free, %s needed", e.Path, e.Err, size(e.Free), size(e.Need))
	}
	return fmt.Sprintf("%s cannot be written: %v", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// size is a number of bytes in KiB or MiB.
func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20))
}

// Check fails with an [*Error] unless a folder, or the nearest that is there of those above it, can be written
// and its disk has room for need bytes. It writes a small file there and removes it.
func Check(dir string, need int64) error {
	dir, err := nearest(dir)
	if err != nil {
		return &Error{Path: dir, Err: bottom(err)}
	}
	left, readOnly, known := disk(dir)
	switch {
	case known && readOnly:
		return &Error{Path: dir, Err: syscall.EROFS}
	case known && left < need:
		return &Error{Path: dir, Need: need, Free: left, Err: syscall.ENOSPC}
	}
	if err := try(dir); err != nil {
		return &Error{Path: dir, Need: need, Free: left, Err: bottom(err)}
	}
	return nil
}

// nearest is the folder itself, or the first above it that is there.
func nearest(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	for err == nil {
		var info fs.FileInfo
		if info, err = os.Stat(dir); err == nil {
			if !info.IsDir() {
				err = syscall.ENOTDIR
			}
			return dir, err
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return dir, err
		}
		dir, err = filepath.Dir(dir), nil
	}
	return dir, err
}

// try writes a file: a quota or a right that is missing shows in no figure.
func try(dir string) error {
	f, err := os.CreateTemp(dir, ".nameplate-room-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, 4<<10))
	return errors.Join(err, f.Close())
}

// bottom is the error of the system, without the path.
func bottom(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}

// Memory is a folder in memory that has so much room, in bytes; "" where there is none. Stores of tests that end
// processes, and not machines, keep there what they write, so that no disk is waited for.
func Memory(bytes int64) string {
	const dir = "/dev/shm"
	if _, err := os.Stat(dir); err != nil || Check(dir, bytes) != nil {
		return ""
	}
	return dir
}
