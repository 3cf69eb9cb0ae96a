package harness_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
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

// built compiles the tests of a module, as go test does, which leaves out what a debugger needs, and returns their
// program.
func built(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "shop.test")
	out, err := inModule(exec.Command("go", "test", "-c", "-ldflags=-s -w", "-o", program, "."), dir).CombinedOutput()
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
	for _, row := range []struct {
		name  string
		args  []string
		want  judge.Verdict // on what the handler answers, whatever the host is like
		fails uint64        // requests of each run
	}{
		{"good", []string{"-test.run=^TestTheShopKeepsItsPromises$"}, judge.Verified, 0},
		{"faulty", []string{"-test.run=^TestFaulty$"}, judge.Refuted, 50},
		{"a benchmark", []string{"-test.run=^$", "-test.bench=Shop", "-test.benchtime=1x"}, judge.Verified, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			kept := t.TempDir()
			out, failed := ran(dir, program, append(row.args, "-test.v", "-test.artifacts", "-test.outputdir="+kept)...)
			r := archivedIn(t, kept)
			// On a host that is too busy there is no verdict, which is no pass.
			assert.Equal(t, r.ExitStatus != exitcode.Verified, failed, "%s", out)
			for _, result := range r.Results {
				assert.Contains(t, out,
					fmt.Sprintf("%s: %v: %s", result.Claim, result.Verdict, strings.Join(result.Reasons, "; ")))
			}
			require.NoError(t, archivetest.Undisturbed(r))
			require.Equal(t, "errors", r.Results[0].Claim)
			assert.Equal(t, row.want, r.Results[0].Verdict, "%v", r.Results[0].Reasons)
			assert.Len(t, r.Results[0].Measured, 5)
			for _, trial := range r.Phases[0].Trials {
				assert.Equal(t, []uint64{50, row.fails}, []uint64{trial.Window.Offered, trial.Window.Failed})
			}
		})
	}
}

// archivedIn is the run that a test has left among its artifacts.
func archivedIn(t *testing.T, dir string) *archive.Run {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Base(path) == "run.json" {
			found = append(found, path)
		}
		return err
	}))
	require.Len(t, found, 1)
	r, err := archive.Load(found[0])
	require.NoError(t, err)
	return r
}

// ran runs the module's tests; it returns what they printed, and whether they failed.
func ran(dir, program string, args ...string) (string, bool) {
	out, err := inModule(exec.Command(program, args...), dir).CombinedOutput()
	return string(out), err != nil
}
