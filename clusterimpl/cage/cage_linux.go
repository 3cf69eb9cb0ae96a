package cage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// mount is where the hierarchies of control groups are.
const mount = "/sys/fs/cgroup"

// prefix of the group's name; the pid of the process that made it follows.
const prefix = "nameplate-"

// Cage is a control group with one below it for each slot.
type Cage struct {
	dir   string
	limit string // file that takes the limit, in bytes
}

// Open makes the group, below that of this process. Groups of processes that were killed
// are removed.
func Open() (*Cage, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	parent, unified, err := memoryGroup(string(text))
	if err != nil {
		return nil, err
	}
	sweep(parent)
	c := &Cage{dir: filepath.Join(parent, prefix+strconv.Itoa(os.Getpid())), limit: "memory.limit_in_bytes"}
	if unified {
		c.limit = "memory.max"
		if err := delegate(parent); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(c.dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if unified {
		if err := delegate(c.dir); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// memoryGroup is the folder of the group that limits this process's memory, by lines of
// hierarchy-ID:controllers:path. Version 2 is the one without a list of controllers.
func memoryGroup(text string) (dir string, unified bool, err error) {
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if slices.Contains(strings.Split(parts[1], ","), "memory") {
			return existing(filepath.Join(mount, "memory"), parts[2]), false, nil
		}
		if parts[1] == "" {
			dir, unified = existing(mount, parts[2]), true
		}
	}
	if !unified {
		return "", false, fmt.Errorf("%w: this process is in none", ErrUnsupported)
	}
	return dir, true, nil
}

// existing is a group's folder; in a container that sees only its own groups, the path is
// that of the host and its own group is the root.
func existing(root, group string) string {
	dir := filepath.Join(root, group)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return root
	}
	return dir
}

// delegate lets a group's children limit their memory. Version 2 refuses it where the group
// has processes of its own.
func delegate(dir string) error {
	path := filepath.Join(dir, "cgroup.subtree_control")
	if text, err := os.ReadFile(path); err == nil && slices.Contains(strings.Fields(string(text)), "memory") {
		return nil
	}
	if err := os.WriteFile(path, []byte("+memory"), 0); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return nil
}

// Hold puts a process into the group of a slot, whose memory may be limit bytes at most.
// What it has used so far counts where it was.
func (c *Cage) Hold(slot, pid int, limit int64) error {
	dir := filepath.Join(c.dir, strconv.Itoa(slot))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make a control group: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, c.limit), []byte(strconv.FormatInt(limit, 10)), 0); err != nil {
		return fmt.Errorf("limit a control group: %w", err)
	}
	err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0)
	if err != nil && !errors.Is(err, syscall.ESRCH) { // a process that has ended needs no limit
		return fmt.Errorf("put a process into a control group: %w", err)
	}
	return nil
}

// Close removes the groups; their processes must have ended.
func (c *Cage) Close() error { return remove(c.dir) }

// remove removes a group and those below it. Their files go with them.
func remove(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.IsDir() {
			errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(append(errs, os.Remove(dir))...)
}

// sweep removes the groups of processes that are no more.
func sweep(parent string) {
	groups, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
	for _, dir := range groups {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), prefix))
		if err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = remove(dir) // what cannot be removed now, the next start removes
		}
	}
}
