package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/draft/targets"
)

// listed reads the target file; nil when none is named.
func (k loadCommand) listed(c console) (*targets.Targets, error) {
	switch {
	case k.Targets == "" && k.TargetsFormat != "":
		return nil, errors.New("--targets-format: the format of a target file; allowed: with --targets")
	case k.Targets == "":
		return nil, nil
	}
	name, from := k.Targets, c.stdin
	if name == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("--targets: %w", err)
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, draft.MaxInput+1))
	if err != nil {
		return nil, fmt.Errorf("--targets: %w", err)
	}
	listed, err := targets.Read(text, targets.Options{
		Name: name, Format: cmp.Or(k.TargetsFormat, targets.Formats[0]), Size: sizeOf,
	})
	if err != nil {
		return nil, fmt.Errorf("--targets: %w", err)
	}
	return listed, nil
}

// sizeOf is the size of a regular file in bytes.
func sizeOf(name string) (int64, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, errors.New("it is no regular file")
	}
	return info.Size(), nil
}
