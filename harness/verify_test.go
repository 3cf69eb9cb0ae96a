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
	for test, lines := range map[string][]string{ // what it prints, whatever the host is like
		"TestUndecided":  {"--- SKIP: TestUndecided/as_a_handler", "--- SKIP: TestUndecided/again"},
		"TestTwice":      {"--- FAIL: TestTwice", "allowed: one in a test or subtest"},
		"TestNeverReady": {"--- FAIL: TestNeverReady", "no such table"},
		"TestBinary":     {"--- SKIP: TestBinary"},
	} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			out, failed := ran(dir, program, "-test.v", "-test.run=^"+test+"$")
			assert.Equal(t, strings.Contains(lines[0], "FAIL"), failed, "%s", out)
			for _, line := range lines {
				assert.Contains(t, out, line)
			}
		})
	}
	// On a host that is too noisy there is no verdict, which is no pass.
	t.Run("good", func(t *testing.T) {
		t.Parallel()
		out, failed := ran(dir, program, "-test.v", "-test.run=^TestTheShopKeepsItsPromises$")
		invalid := strings.Contains(out, "errors: invalid")
		assert.Equal(t, invalid, failed, "%s", out)
		assert.True(t, invalid || strings.Contains(out, "errors: verified: 5 of 5 runs met the bound"), "%s", out)
	})
	t.Run("faulty", func(t *testing.T) {
		t.Parallel()
		out, failed := ran(dir, program, "-test.v", "-test.run=^TestFaulty$")
		assert.True(t, failed, "%s", out)
		assert.Regexp(t, "errors: (invalid|refuted: 5 of 5 runs missed the bound)", out)
	})
	t.Run("a benchmark", func(t *testing.T) {
		t.Parallel()
		out, failed := ran(dir, program, "-test.run=^$", "-test.bench=Shop", "-test.benchtime=1x")
		invalid := strings.Contains(out, "errors: invalid")
		assert.Equal(t, invalid, failed, "%s", out)
		assert.True(t, invalid || regexp.MustCompile(`BenchmarkShop.* 0 failed`).MatchString(out), "%s", out)
	})
}

// ran runs the module's tests; it returns what they printed, and whether they failed.
func ran(dir, program string, args ...string) (string, bool) {
	out, err := inModule(exec.Command(program, args...), dir).CombinedOutput()
	return string(out), err != nil
}
