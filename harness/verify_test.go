package harness_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// consumer copies the module in testdata, which imports this one as anybody's would, and returns its
// folder. It requires what this module does, as go mod tidy would write it there.
func consumer(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/consumer")))
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	ours, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	all := strings.Replace(string(text), "=> ../../..", "=> "+root, 1)
	for _, block := range regexp.MustCompile(`(?s)\nrequire \(.*?\n\)\n`).FindAllString(string(ours), -1) {
		all += block
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(all), 0o600))
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
	t.Parallel()
	dir := consumer(t)
	out, err := goTest(t, dir, ".")
	assert.Error(t, err, "faulty systems fail their tests")
	for _, line := range []string{
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
	// On a host that is too noisy there is no verdict, which is no pass.
	good, faulty := partOf(out, "TestTheShopKeepsItsPromises"), partOf(out, "TestFaulty")
	if strings.Contains(good, "errors: invalid") {
		assert.Contains(t, good, "--- FAIL: TestTheShopKeepsItsPromises")
	} else {
		assert.Contains(t, good, "--- PASS: TestTheShopKeepsItsPromises")
		assert.Contains(t, good, "errors: verified: 5 of 5 runs met the bound")
	}
	assert.Contains(t, faulty, "--- FAIL: TestFaulty")
	if !strings.Contains(faulty, "errors: invalid") {
		assert.Contains(t, faulty, "errors: refuted: 5 of 5 runs missed the bound")
	}

	out, err = goTest(t, dir, "-run=^$", "-bench=Shop", "-benchtime=1x", ".")
	if strings.Contains(out, "errors: invalid") {
		assert.Error(t, err, out)
		return
	}
	assert.NoError(t, err, out)
	assert.Regexp(t, `BenchmarkShop.* 0 failed`, out)
}

// partOf is what one test printed, with its outcome.
func partOf(out, test string) string {
	_, after, _ := strings.Cut(out, "=== RUN   "+test+"\n")
	part, _, _ := strings.Cut(after, "=== RUN ")
	return part
}
