//go:build !linux

package primary

// examine knows nothing where there is no /proc: a silent worker is then given the
// whole tolerance.
func examine(int) vitals { return vitals{} }
