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

// built compiles the tests of a module, as go test does, and returns their program.
func built(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "shop.test")
	out, err := inModule(exec.Command("go", "test", "-c", "-o", program, "."), dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// inModule makes a command run in the folder of a module, with the modules that are here already.
func inModule(cmd *exec.Cmd, dir string) *exec.Cmd {
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off")
	return cmd
}

func TestAModuleOfItsOwnVerifiesItsHandler(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module and measures for half a minute")
	}
	t.Parallel()
	dir := consumer(t)
	program := built(t, dir)
	t.Run("tests", func(t *testing.T) {
		t.Parallel()
		told(t, dir, program)
	})
	t.Run("a benchmark", func(t *testing.T) {
		t.Parallel()
		out, err := inModule(exec.Command(program, "-test.run=^$", "-test.bench=Shop", "-test.benchtime=1x"), dir).CombinedOutput()
		if strings.Contains(string(out), "errors: invalid") {
			assert.Error(t, err, "%s", out)
			return
		}
		assert.NoError(t, err, "%s", out)
		assert.Regexp(t, `BenchmarkShop.* 0 failed`, string(out))
	})
}

// told runs the tests of the module and checks what each comes to.
func told(t *testing.T, dir, program string) {
	t.Helper()
	printed, err := inModule(exec.Command(program, "-test.v"), dir).CombinedOutput()
	out := string(printed)
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
}

// partOf is what one test printed, with its outcome.
func partOf(out, test string) string {
	_, after, _ := strings.Cut(out, "=== RUN   "+test+"\n")
	part, _, _ := strings.Cut(after, "=== RUN ")
	return part
}
