package process_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl/process"
)

// hang is how long anything may take before a test gives up. Nothing is judged by it.
const hang = 5 * time.Minute

const envParent = "TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(envParent) != "" {
		p, err := process.Start(exec.Command("sleep", "60"), false)
		if err != nil {
			panic(err)
		}
		fmt.Println(p.PID)
		<-p.Done()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z")
}

// printed reads the pid that a process prints first.
func printed(t *testing.T, cmd *exec.Cmd, start func() error) int {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	cmd.Stdout = w
	require.NoError(t, start())
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	return pid
}

func TestAChildDiesWithItsParent(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	parent := exec.Command(exe)
	parent.Env = append(os.Environ(), envParent+"=1")
	child := printed(t, parent, parent.Start)
	require.False(t, gone(child))
	require.NoError(t, parent.Process.Kill())
	assert.Error(t, parent.Wait())
	assert.Eventually(t, func() bool { return gone(child) }, hang, time.Millisecond)
}

func TestAGroupEndsWithItsLeader(t *testing.T) {
	leader := exec.Command("sh", "-c", "sleep 60 & echo $!")
	var p *process.Process
	member := printed(t, leader, func() (err error) { p, err = process.Start(leader, true); return err })
	require.NoError(t, p.Err())
	assert.Eventually(t, func() bool { return gone(member) }, hang, time.Millisecond)
	assert.NoError(t, p.Signal(os.Interrupt), "a signal to what has ended does nothing")
	p.Kill()
}

func TestAChildOutlivesTheGoroutineThatStartedIt(t *testing.T) {
	started := make(chan *process.Process)
	go func() {
		p, err := process.Start(exec.Command("sleep", "60"), false)
		assert.NoError(t, err)
		started <- p
	}()
	p := <-started
	for range 100 { // goroutines that come and go let threads come and go
		time.AfterFunc(0, func() {})
	}
	assert.False(t, gone(p.PID))
	p.Kill()
	assert.ErrorContains(t, p.Err(), "signal: killed")
}

func TestWhatCannotBeStartedSaysSo(t *testing.T) {
	_, err := process.Start(exec.Command("/nowhere/at/all"), true)
	assert.ErrorContains(t, err, "start /nowhere/at/all")
}
