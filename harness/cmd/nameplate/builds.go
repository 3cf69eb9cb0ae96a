package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/run"
)

// stopping is how long a run that was interrupted may take to clean up.
const stopping = time.Minute

// builds are the binaries of two revisions, in a folder of their own.
type builds struct {
	dir      string
	binaries [2]string
	apart    map[int]bool // phases in which they are not loaded in turns
}

func (b *builds) close() { os.RemoveAll(b.dir) }

// build builds both revisions of the repository that the command is called in. The work tree is
// left as it is.
func (k compareCommand) build(c console) (*builds, error) {
	dir, err := os.MkdirTemp("", "nameplate-compare-")
	if err != nil {
		return nil, &run.EnvironmentError{Where: "make a folder for the builds", Err: err}
	}
	b := &builds{dir: dir, apart: map[int]bool{}}
	for side, revision := range []string{k.Base, k.Head} {
		b.binaries[side] = filepath.Join(dir, compare.Sides[side])
		k.tell(c, "building %s (%s)", compare.Sides[side], revision)
		if err := build(c.ctx, revision, b.binaries[side]); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

// build builds a revision's binary, from a work tree of its own that is removed again.
func build(ctx context.Context, revision, binary string) error {
	commit, err := output(ctx, "", "git", "rev-parse", "--verify", "--quiet", revision+"^{commit}")
	if err != nil {
		return usageError{
			fmt.Errorf("compare: %q is neither a run, a bench file nor a revision of a git repository here", revision),
		}
	}
	tree := binary + "-tree"
	if _, err := output(
		ctx, "", "git", "worktree", "add", "--detach", "--quiet", tree, strings.TrimSpace(commit),
	); err != nil {
		return &run.EnvironmentError{Where: "check out " + revision, Err: err}
	}
	defer func() { // also after an interrupt
		_, _ = output(context.WithoutCancel(ctx), "", "git", "worktree", "remove", "--force", tree)
	}()
	if _, err := output(ctx, tree, "go", "build", "-trimpath", "-o", binary, "./harness/cmd/nameplate"); err != nil {
		return &run.EnvironmentError{Where: "build " + revision, Err: err}
	}
	return nil
}

// fresh is a copy of a side's binary for one run. Where the pages of a program lie in memory changes its speed and its
// resident size by some per cent: a new copy draws that anew, instead of once for the whole comparison.
func (b *builds) fresh(side int) (path string, remove func(), err error) {
	fail := func(err error) (string, func(), error) {
		return "", func() {}, &run.EnvironmentError{Where: "copy the build of the " + compare.Sides[side], Err: err}
	}
	text, err := os.ReadFile(b.binaries[side])
	if err != nil {
		return fail(err)
	}
	dir, err := os.MkdirTemp(b.dir, compare.Sides[side]+"-copy-")
	if err != nil {
		return fail(err)
	}
	path, remove = filepath.Join(dir, compare.Sides[side]), func() { os.RemoveAll(dir) }
	if err := os.WriteFile(path, text, 0o755); err != nil {
		remove()
		return fail(err)
	}
	return path, remove, nil
}

// output runs a program to its end; on an interrupt it is asked to stop, and given time to.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NAMEPLATE_HEADROOM=false") // of a verify: nothing but its runs is wanted
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = stopping
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s", name, args[0], err, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}
