// Package files writes files in one step. Whoever reads a file finds the old one or the complete new one, also after
// a crash.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write puts data into the file at path, in one step.
func Write(path string, data []byte) error {
	return Fill(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Fill puts what fill writes into the file at path, in one step. When fill fails, the old file stays.
func Fill(path string, fill func(io.Writer) error) error {
	f, done, err := Create(path)
	if err != nil {
		return err
	}
	return done(fill(f))
}

// Create opens a file that will stand at path once done is called, and must be called: with nil it syncs the file and
// renames it, with an error it leaves the old file as it was and returns that error. Until then the file lies beside
// its name, with ".tmp" at its end; what a crash left there is written over. Two writers of one path must not overlap.
// What stands at path must be a regular file, if anything does.
func Create(path string) (f *os.File, done func(error) error, err error) {
	// A device, e.g. /dev/stdout, would be gone.
	if there, err := os.Stat(path); err == nil && !there.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("write %s: it is a %s; allowed: a file, or a name that is free", path,
			kind(there.Mode()))
	}
	beside := path + ".tmp"
	f, err = os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("write %s: %w", path, cause(err))
	}
	return f, func(err error) error {
		if err == nil {
			err = f.Sync()
		}
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err == nil {
			err = os.Rename(beside, path)
		}
		if err != nil {
			_ = os.Remove(beside) // what is left of it is of no use, and the error is already told
			return fmt.Errorf("write %s: %w", path, cause(err))
		}
		return syncFolder(filepath.Dir(path))
	}, nil
}

// kind is what something that is no regular file is.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}

// syncFolder makes a rename within a folder last.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, cause(err))
	}
	defer f.Close()
	// Some file systems cannot sync a folder, and lose nothing but a rename by it.
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("sync %s: %w", dir, cause(err))
	}
	return nil
}

// cause strips the temporary file's name from an error.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
