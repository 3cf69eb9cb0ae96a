package cage

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/internal/needs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open makes a cage, or skips the test where none can be made.
func open(t *testing.T) *Cage {
	t.Helper()
	c, err := Open()
	if err != nil {
		needs.Absent(t, "cgroups", "", "no right to make control groups: "+err.Error())
	}
	return c
}

func TestAProcessThatOutgrowsItsGroupIsKilled(t *testing.T) {
	c := open(t)
	cmd := exec.Command("sh", "-c", "read go; head -c 300000000 /dev/zero | tail -c 299999999 > /dev/null; exit $?")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	require.NoError(t, c.Hold(1, cmd.Process.Pid, 32<<20))
	limit, err := os.ReadFile(filepath.Join(c.dir, "1", c.limit))
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(32<<20), strings.TrimSpace(string(limit)))
	_, err = in.Write([]byte("\n"))
	require.NoError(t, err)
	assert.EqualError(t, cmd.Wait(), "exit status 137", "tail keeps what it reads, and is killed")

	assert.NoError(t, c.Hold(1, cmd.Process.Pid, 64<<20), "of a process that has ended")
	require.NoError(t, c.Close())
	assert.NoDirExists(t, c.dir)
}

func TestGroupsOfKilledProcessesAreSwept(t *testing.T) {
	c := open(t)
	defer c.Close()
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	left := filepath.Join(filepath.Dir(c.dir), prefix+strconv.Itoa(cmd.Process.Pid))
	require.NoError(t, os.Mkdir(left, 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(left, "1"), 0o755))
	sweep(filepath.Dir(c.dir))
	assert.NoDirExists(t, left)
	assert.DirExists(t, c.dir)
}

func TestTheGroupOfThisProcess(t *testing.T) {
	for _, c := range []struct {
		text    string
		dir     string
		unified bool
		fails   bool
	}{
		{"4:memory:/no/such/group\n0::/\n", mount + "/memory", false, false},
		{"4:cpu,memory:/no/such/group\n", mount + "/memory", false, false},
		{"0::/no/such/group\n", mount, true, false},
		{"3:cpu:/\n", "", false, true},
		{"nonsense", "", false, true},
	} {
		dir, unified, err := memoryGroup(c.text)
		assert.Equal(t, c.fails, err != nil)
		assert.Equal(t, c.dir, dir)
		assert.Equal(t, c.unified, unified)
	}
}
