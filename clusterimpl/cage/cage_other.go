//go:build !linux

package cage

// Cage is what there is not.
type Cage struct{}

// Open returns [ErrUnsupported].
func Open() (*Cage, error) { return nil, ErrUnsupported }

// Hold returns [ErrUnsupported].
func (*Cage) Hold(int, int, int64) error { return ErrUnsupported }

// Close has nothing to remove.
func (*Cage) Close() error { return nil }
