package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// readSource reads a file of bounded size.
func readSource(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the source: %w; a URL starts with http://", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, draft.MaxInput+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the source: %w", err)
	case len(data) > draft.MaxInput:
		return nil, fmt.Errorf("%s has more than %d MiB", name, draft.MaxInput>>20)
	}
	return data, nil
}

// writeBeside writes a file beside its name first, so that it is there as a whole or not at all.
func writeBeside(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
