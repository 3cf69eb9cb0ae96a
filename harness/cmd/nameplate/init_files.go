package main

import (
	"fmt"
	"io"
	"os"

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
