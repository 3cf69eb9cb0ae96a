package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/needs"
)

// standIn is a program in place of the command: verify writes a bench file with a p99 of its own. While the
// folder STAND_IN_HOLD is there, only the first does: all others say so in it and wait for an interrupt.
const standIn = `package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	hold := os.Getenv("STAND_IN_HOLD")
	if _, err := os.Stat(hold); err == nil && os.Mkdir(filepath.Join(hold, "first"), 0o755) != nil {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, os.Interrupt)
		os.Mkdir(filepath.Join(hold, "second"), 0o755)
		<-asked
		os.Exit(130)
	}
	for i, arg := range os.Args {
		if arg != "--out" {
			continue
		}
		dir := filepath.Join(os.Args[i+1], "latest")
		text := fmt.Sprintf("Unit p99-ns better=lower\nBenchmarkPhase/phase=2 1 %v p99-ns\n", p99)
		if os.MkdirAll(dir, 0o755) != nil || os.WriteFile(filepath.Join(dir, "bench.txt"), []byte(text), 0o644) != nil {
			os.Exit(4)
		}
		if log := os.Getenv("STAND_IN_LOG"); log != "" {
			f, _ := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			fmt.Fprintln(f, p99)
			f.Close()
		}
	}
}
`

// repository is a git repository of a stand-in in which each commit has its p99; one of 0 does not build.
func repository(t *testing.T, p99 ...int) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		needs.Absent(t, "git", "", err.Error())
	}
	dir := t.TempDir()
	git(t, dir, "init", "--quiet")
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("go.mod", "module example.test/standin\n\ngo 1.26\n")
	write("harness/cmd/nameplate/main.go", standIn)
	for i, v := range p99 {
		text := fmt.Sprintf("package main\n\nconst p99 = %d // %d\n", v, i)
		if v == 0 {
			text = "package nothing\n"
		}
		write("harness/cmd/nameplate/p99.go", text)
		git(t, dir, "add", ".")
		git(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.test", "commit", "--quiet", "-m",
			fmt.Sprintf("commit %d", i))
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// searching is a bisect in a repository.
func searching(t *testing.T, dir string, env []string, args ...string) *command {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := &command{
		Cmd: exec.Command(
			self,
			append([]string{
				"bisect", "--claim", "P2.p99", "--out", filepath.Join(dir, "..", "bisect-"+filepath.Base(dir)),
			}, args...)...,
		),
	}
	c.Dir = dir
	c.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	return c
}

func TestBisectFindsTheCommitAndLeavesTheRepositoryAsItWas(t *testing.T) {
	t.Parallel()
	dir := repository(t, 100, 100, 0, 101, 130, 131, 130, 129)
	log := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module changed.by.hand\n"), 0o600))
	state := func() string {
		return git(t, dir, "status", "--porcelain") + git(t, dir, "worktree", "list") +
			git(t, dir, "rev-parse", "HEAD") + git(t, dir, "branch", "-a")
	}
	before := state()
	c := searching(t, dir, []string{"STAND_IN_LOG=" + log}, "HEAD~7", "HEAD")
	require.NoError(t, c.Run(), "%s", &c.stderr)
	assert.Contains(t, c.stdout.String(),
		"first bad commit: "+strings.TrimSpace(git(t, dir, "rev-parse", "--short=12", "HEAD~3"))+" commit 4")
	assert.Equal(t, before, state())

	measured, err := os.ReadFile(log)
	require.NoError(t, err)
	again := searching(t, dir, []string{"STAND_IN_LOG=" + log}, "HEAD~7", "HEAD", "--json")
	require.NoError(t, again.Run(), "%s", &again.stderr)
	assert.Contains(t, again.stdout.String(), `"suspects": [`)
	after, err := os.ReadFile(log)
	require.NoError(t, err)
	assert.Equal(t, string(measured), string(after), "what was measured is not measured again")

	other := searching(t, dir, nil, "HEAD~6", "HEAD")
	status, _ := exitStatus(other.Run())
	assert.Equal(t, "2", status)
	assert.Contains(t, other.stderr.String(), "is of another search: its good is")
}

func TestBisectSaysWhenItCannotTell(t *testing.T) {
	t.Parallel()
	dir := repository(t, 100, 101, 100)
	c := searching(t, dir, nil, "HEAD~2", "HEAD")
	status, _ := exitStatus(c.Run())
	assert.Equal(t, "3", status, "%s", &c.stderr)
	assert.Contains(t, c.stdout.String(), "not found: the bad commit is not worse than the good one")

	for _, row := range []struct {
		args    []string
		message string
	}{
		{[]string{"HEAD", "HEAD~1"}, "is no ancestor of"},
		{[]string{"HEAD", "HEAD"}, "is no ancestor of"},
		{[]string{"nonsense", "HEAD"}, `"nonsense" is no revision`},
		{[]string{"HEAD~1", "HEAD", "--claim", "P9.p99"}, "has no claim P9.p99; allowed: P1.rate"},
		{[]string{"HEAD~1", "HEAD", "--most", "2"}, "at most 2 pairs"},
	} {
		c := searching(t, dir, nil, append(row.args, "--restart")...)
		status, _ := exitStatus(c.Run())
		assert.Equal(t, "2", status, "%s", &c.stderr)
		assert.Contains(t, c.stderr.String(), row.message)
	}
}

func TestABrokenOffBisectGoesOn(t *testing.T) {
	t.Parallel()
	dir := repository(t, 100, 100, 130)
	hold := filepath.Join(t.TempDir(), "hold")
	require.NoError(t, os.Mkdir(hold, 0o755))
	log := filepath.Join(t.TempDir(), "log")
	env := []string{"STAND_IN_HOLD=" + hold, "STAND_IN_LOG=" + log}
	c := searching(t, dir, env, "HEAD~2", "HEAD")
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	held := func() bool { _, err := os.Stat(filepath.Join(hold, "second")); return err == nil }
	require.Eventually(t, held, hangTimeout, time.Millisecond)
	done := func() bool { text, _ := os.ReadFile(log); return len(text) > 0 } // beside it
	require.Eventually(t, done, hangTimeout, time.Millisecond)
	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	status, _ := exitStatus(c.Wait())
	assert.Equal(t, "130", status, "%s", &c.stderr)
	assert.Equal(t, 1, strings.Count(git(t, dir, "worktree", "list"), "\n"), "no work tree is left")

	measured, err := os.ReadFile(log)
	require.NoError(t, err)
	assert.Equal(t, 1, bytes.Count(measured, []byte("\n")), "only the first was measured")
	require.NoError(t, os.RemoveAll(hold))
	again := searching(t, dir, env, "HEAD~2", "HEAD")
	require.NoError(t, again.Run(), "%s", &again.stderr)
	assert.Contains(t, again.stdout.String(), "commit 2")
}
