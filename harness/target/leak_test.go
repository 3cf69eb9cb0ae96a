package target

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/internal/effort"
)

func TestMain(m *testing.M) {
	effort.SideBySide(4) // they mostly wait for processes
	goleak.VerifyTestMain(m)
}
