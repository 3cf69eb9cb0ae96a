package primary

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestParseStat(t *testing.T) {
	const rest = " 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20"
	for _, tt := range []struct {
		name  string
		stat  string
		state byte
		cpu   time.Duration
		ok    bool
	}{
		{"a running thread", "77 (worker) R" + rest, 'R', 1750 * time.Millisecond, true},
		{"a name with spaces and parentheses", "77 (a) R 1 (b)) S" + rest, 'S', 1750 * time.Millisecond, true},
		{"no name", "77 worker R" + rest, 0, 0, false},
		{"too short", "77 (worker) R 1 2", 0, 0, false},
		{"no numbers", "77 (worker) R 1 2 3 4 5 6 7 8 9 10 x y", 0, 0, false},
		{"nothing", "", 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state, cpu, ok := parseStat([]byte(tt.stat))
			assert.Equal(t, tt.ok, ok)
			assert.Equal(t, tt.state, state)
			assert.Equal(t, tt.cpu, cpu)
		})
	}
}

func TestExamineReadsProcesses(t *testing.T) {
	v := examine(os.Getpid())
	assert.True(t, v.known)
	assert.True(t, v.active, "this thread runs")
	assert.False(t, v.stopped)
	assert.False(t, examine(1<<30).known, "there is no such process")
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("77 (worker) R 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20"))
	f.Add([]byte(")"))
	f.Fuzz(func(t *testing.T, stat []byte) {
		if _, cpu, ok := parseStat(stat); ok && cpu < 0 {
			t.Fatalf("negative time %v", cpu)
		}
	})
}
