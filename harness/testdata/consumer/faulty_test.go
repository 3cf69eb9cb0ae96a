package shop

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nameplate-dev/nameplate/harness"
)

func read(t *testing.T) *harness.Suite {
	t.Helper()
	suite, err := harness.ReadSuite("shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return suite
}

// TestFaulty fails: the handler answers nothing that it should.
func TestFaulty(t *testing.T) {
	harness.Verify(t, read(t), harness.Handler(http.NotFoundHandler()))
}

// TestUndecided is skipped: one run decides nothing.
func TestUndecided(t *testing.T) {
	for _, name := range []string{"as a handler", "again"} {
		t.Run(name, func(t *testing.T) {
			harness.Options{Runs: 1, SkipNoVerdict: true}.Verify(t, read(t), harness.Handler(New()))
		})
	}
}

// TestTwice fails: a test's process can serve one handler.
func TestTwice(t *testing.T) {
	o := harness.Options{Runs: 1, Out: t.TempDir()}
	o.Verify(t, read(t), harness.Handler(New()))
	o.Verify(t, read(t), harness.Handler(New()))
}

// TestNeverReady fails, with what the program printed.
func TestNeverReady(t *testing.T) {
	harness.Verify(t, read(t), harness.Binary("/bin/sh", "-c", "echo no such table; exit 3"))
}

// TestBinary builds a program, and is skipped: one run decides nothing.
func TestBinary(t *testing.T) {
	program := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/shop").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	harness.Options{Runs: 1, SkipNoVerdict: true}.Verify(t, read(t), harness.Binary(program))
}

// BenchmarkShop is measured as a test is.
func BenchmarkShop(b *testing.B) {
	suite, err := harness.ReadSuite("shop.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
	}
	r := harness.Options{Progress: func(string) {}}.Verify(b, suite, harness.Handler(New()))
	b.ReportMetric(float64(r.Phases[0].Trials[0].Window.Failed), "failed")
}
