package page_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/reports/browsertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(browsertest.Ending(m)) }
