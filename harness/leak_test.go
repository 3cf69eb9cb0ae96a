package harness_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func TestMain(m *testing.M) {
	harness.Hook()
	// These tests mostly wait for what they measure: more of them than there are cores run side by side.
	effort.SideBySide(6)
	goleak.VerifyTestMain(m)
}
