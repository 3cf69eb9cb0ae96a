//go:build !linux

package near

import (
	"errors"
	"os"
)

// Create is not possible on this system: each worker has a memory of its own ([New]).
func Create(int, int) (*Memory, error) { return nil, errors.ErrUnsupported }

// Open is not possible on this system.
func Open(*os.File) (*Memory, error) { return nil, errors.ErrUnsupported }
