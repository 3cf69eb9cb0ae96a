// Package effort decides how often tests repeat what they draw or simulate, and how long they look. There are
// three levels: -short asks for the least, which still sees every outcome; NAMEPLATE_EFFORT=full, which the
// nightly job sets, for as much as a claim on rare events takes; and there is what lies between, the usual one.
package effort

import (
	"fmt"
	"os"
	"testing"
)

// Variable asks for the full effort when it is "full".
const Variable = "NAMEPLATE_EFFORT"

// Of picks what belongs to the level at hand. It panics when [Variable] holds anything but "full" or nothing,
// so that no misspelt night passes for a thorough one.
func Of[T any](short, usual, full T) T {
	switch level := os.Getenv(Variable); {
	case level != "" && level != "full":
		panic(fmt.Sprintf("%s=%q; allowed: full, or unset", Variable, level))
	case level == "full":
		return full
	case testing.Short():
		return short
	}
	return usual
}

// NoGoroutines is called by a test that takes long and starts no goroutine: with -short, the race detector would take
// ten times as long for it, to find nothing.
func NoGoroutines(t testing.TB) {
	t.Helper()
	if raced && testing.Short() {
		t.Skip("it starts no goroutine, and takes long under the race detector")
	}
}

// Measures is called by a test that measures this machine: under the race detector its figures mean nothing, and stores
// of the documented size take minutes to load.
func Measures(t testing.TB) {
	t.Helper()
	if raced {
		t.Skip("it measures, which means nothing under the race detector")
	}
}
