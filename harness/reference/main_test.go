package reference

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/fixtures"
)

func TestMain(m *testing.M) {
	clusterimpl.Hook()
	fixtures.Hook()
	goleak.VerifyTestMain(m)
}
