package commits

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
	"github.com/nameplate-dev/nameplate/harness/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// modelled is a history of which each commit has its p99; one of 0 does not build.
type modelled struct {
	p99      map[string]int
	measured []string
	stop     int // interrupted after so many runs; 0: never
}

func (m *modelled) Git(args ...string) (string, error) {
	switch args[0] {
	case "rev-parse":
		name := strings.TrimSuffix(args[len(args)-1], "^{commit}")
		if _, ok := m.p99[name]; !ok {
			return "", errors.New("no revision")
		}
		return name + "\n", nil
	case "rev-list":
		return "c1\nc2\nc3\nc4\n", nil
	case "show":
		return "what " + args[len(args)-1] + " does\n", nil
	}
	return "", nil
}

func (m *modelled) Build(commit, program string) error {
	if m.p99[commit] == 0 {
		return errors.New("does not build")
	}
	return os.WriteFile(program, []byte(commit), 0o600)
}

func (m *modelled) Measure(programs [2]string, first int, _ string) (texts [2][]byte, err error) {
	for _, side := range []int{first, 1 - first} {
		if m.stop > 0 && len(m.measured) == m.stop {
			return texts, run.ErrInterrupted
		}
		commit, err := os.ReadFile(programs[side])
		if err != nil {
			return texts, err
		}
		m.measured = append(m.measured, string(commit))
		texts[side] = fmt.Appendf(nil, "Unit p99-ns better=lower\nBenchmarkPhase/phase=2 1 %d p99-ns\n",
			m.p99[string(commit)])
	}
	return texts, nil
}

func (m *modelled) Keep(folder, name string, text []byte) error {
	return os.WriteFile(filepath.Join(folder, name), text, 0o600)
}

func (m *modelled) Tell(string, ...any) {}

// hunt searches the modelled history.
func hunt(t *testing.T, m *modelled, dir, good, bad string) (bisect.Finding, error) {
	t.Helper()
	claim, err := Claim("P2.p99")
	require.NoError(t, err)
	h, err := Begin(m, Options{Good: good, Bad: bad, Claim: claim, Out: dir})
	if err != nil {
		return bisect.Finding{}, err
	}
	defer h.Close()
	return h.Run()
}

func TestAHuntGoesOnWhereItWasBrokenOff(t *testing.T) {
	history := map[string]int{"c0": 100, "c1": 101, "c2": 0, "c3": 130, "c4": 131}
	dir := t.TempDir()
	m := &modelled{p99: history, stop: 9}
	_, err := hunt(t, m, dir, "c0", "c4")
	require.ErrorIs(t, err, run.ErrInterrupted)
	assert.Equal(t, []string{"c4", "c0", "c0", "c4"}, m.measured[:4], "in turn")
	on := &modelled{p99: history}
	found, err := hunt(t, on, dir, "c0", "c4")
	require.NoError(t, err)
	assert.Equal(t, []string{"c2", "c3"}, found.Suspects, "one that does not build may be it")
	assert.Equal(t, "what c1 does", found.Commits[0].Subject)
	again := &modelled{p99: history}
	same, err := hunt(t, again, dir, "c0", "c4")
	require.NoError(t, err)
	assert.Equal(t, found, same)
	assert.Empty(t, again.measured, "what was measured is not measured again")
	_, err = hunt(t, again, dir, "c1", "c4")
	assert.ErrorContains(t, err, "is of another search: its good is c0, not c1")
}

func TestWhatCannotBeSearchedForIsRefused(t *testing.T) {
	m := &modelled{p99: map[string]int{"c0": 100, "c4": 0}}
	for bad, message := range map[string]string{"c0": "is no ancestor", "c9": "no revision", "c4": "does not build"} {
		_, err := hunt(t, m, t.TempDir(), "c0", bad)
		assert.ErrorContains(t, err, message)
	}
	_, err := Claim("P9.p99")
	assert.ErrorContains(t, err, "has no claim P9.p99; allowed: P1.rate")
}
