//go:build !unix

package ledger

// fileLock is no lock here: writers find their turn by SQLite's own means.
type fileLock struct{}

func openFileLock(string) (*fileLock, error) { return &fileLock{}, nil }

// Lock does nothing.
func (*fileLock) Lock() error { return nil }

// Unlock does nothing.
func (*fileLock) Unlock() error { return nil }

// Close does nothing.
func (*fileLock) Close() error { return nil }
