package harness_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// consumer copies the module in testdata, which imports this one as anybody's would, and returns its
// folder. Its go.sum is this module's: it needs no more than this one does.
func consumer(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/consumer")))
	mod := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(mod)
	require.NoError(t, err)
	text = []byte(strings.Replace(string(text), "=> ../../..", "=> "+root, 1))
	require.NoError(t, os.WriteFile(mod, text, 0o600))
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600))
	return dir
}

// goTest runs the tests of a module and returns what they printed.
func goTest(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"test", "-v", "-count=1"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestAModuleOfItsOwnVerifiesItsHandler(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module and measures for half a minute")
	}
	dir := consumer(t)
	out, err := goTest(t, dir, ".")
	assert.Error(t, err, "faulty systems fail their tests")
	for _, line := range []string{
		"--- PASS: TestTheShopKeepsItsPromises",
		"errors: verified: 5 of 5 runs met the bound",
		"--- FAIL: TestFaulty",
		"errors: refuted: 5 of 5 runs missed the bound",
		"--- SKIP: TestUndecided/as_a_handler",
		"--- SKIP: TestUndecided/again",
		"--- FAIL: TestTwice",
		"allowed: one in a test or subtest",
		"--- FAIL: TestNeverReady",
		"no such table",
		"--- SKIP: TestBinary",
	} {
		assert.Contains(t, out, line)
	}
	out, err = goTest(t, dir, "-run=^$", "-bench=Shop", "-benchtime=1x", ".")
	assert.NoError(t, err, out)
	assert.Regexp(t, `BenchmarkShop.* 0 failed`, out)
}
