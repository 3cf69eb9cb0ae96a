package archive

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// journal begins one in a fresh folder, which it returns too.
func journal(t *testing.T) (*Journal, string) {
	t.Helper()
	dir := t.TempDir()
	j, err := OpenJournal(dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, j.Close()) })
	return j, dir
}

// numbers are those of the lines that were added since the tail was read last.
func numbers(t *testing.T, tail *Tail, want State) (all []uint64) {
	t.Helper()
	lines, state, err := tail.Read()
	require.NoError(t, err)
	assert.Equal(t, want, state)
	for _, l := range lines {
		all = append(all, l.Number)
	}
	return all
}

func TestATailReadsEachLineOnce(t *testing.T) {
	j, dir := journal(t)
	tail := NewTail(os.DirFS(dir), ".")
	assert.Empty(t, numbers(t, tail, Going))
	p99 := 3 * time.Millisecond
	line := Progress{
		At: time.Unix(7, 0).UTC(), Stage: "measure", Phase: 2, Name: "two", Offered: 500, Workers: 2, Run: 1, Runs: 6,
		Left: time.Minute, Live: &measure.Live{At: time.Second, Length: time.Second, Offered: 500, P99: &p99},
	}
	j.Add(line)
	lines, state, err := tail.Read()
	require.NoError(t, err)
	assert.Equal(t, Going, state)
	line.Number = 1
	assert.Equal(t, []Progress{line}, lines)
	j.Add(Progress{Stage: "stop"})
	j.Add(Progress{Stage: "done"})
	assert.Equal(t, []uint64{2, 3}, numbers(t, tail, Going))
	assert.Empty(t, numbers(t, tail, Going))
	require.NoError(t, j.Close())
	assert.Empty(t, numbers(t, tail, Ended))
	assert.NoFileExists(t, filepath.Join(dir, journalFile))
	j.Add(Progress{Stage: "late"})
	require.NoError(t, j.Close(), "it may be closed twice")
	assert.Equal(t, Ended, StateOf(os.DirFS(dir), "."))
}

func TestAJournalWhoseWriterIsGoneSaysSo(t *testing.T) {
	j, dir := journal(t)
	j.Add(Progress{Stage: "measure"})
	assert.Equal(t, Going, StateOf(os.DirFS(dir), "."))
	require.NoError(t, j.f.Close()) // what the end of its process does
	j.f = nil
	assert.Equal(t, Stopped, StateOf(os.DirFS(dir), "."))
	assert.Equal(t, []uint64{1}, numbers(t, NewTail(os.DirFS(dir), "."), Stopped))

	again, err := OpenJournal(dir)
	require.NoError(t, err)
	assert.Equal(t, Going, StateOf(os.DirFS(dir), "."))
	require.NoError(t, again.Close())
}

func TestAJournalIsBounded(t *testing.T) {
	j, dir := journal(t)
	tail := NewTail(os.DirFS(dir), ".")
	var seen []uint64
	const lines = 3 * mostJournal / 1000
	for i := range lines {
		j.Add(Progress{Stage: "measure", Message: strings.Repeat("x", 1000)})
		if i%100 == 0 {
			seen = append(seen, numbers(t, tail, Going)...)
			info, err := os.Stat(filepath.Join(dir, journalFile))
			require.NoError(t, err)
			require.LessOrEqual(t, info.Size(), int64(mostJournal))
		}
	}
	seen = append(seen, numbers(t, tail, Going)...)
	require.Len(t, seen, lines, "who reads on misses nothing, and sees nothing twice")
	for i, n := range seen {
		require.EqualValues(t, i+1, n)
	}
	late := numbers(t, NewTail(os.DirFS(dir), "."), Going)
	require.Greater(t, len(late), 100)
	assert.EqualValues(t, lines, late[len(late)-1])
	assert.EqualValues(t, lines, int(late[0])+len(late)-1, "who comes late reads the newest, without a hole")
	j.Add(Progress{Stage: "long", Message: strings.Repeat("x", mostLine)})
	assert.Empty(t, numbers(t, tail, Going), "what is longer than a line may be is left out")
}

func TestAJournalTakesLinesFromSeveralGoroutines(t *testing.T) {
	j, dir := journal(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				j.Add(Progress{Stage: "measure"})
			}
		})
	}
	wg.Wait()
	assert.Len(t, numbers(t, NewTail(os.DirFS(dir), "."), Going), 200)
	(*Journal)(nil).Add(Progress{})
	assert.NoError(t, (*Journal)(nil).Close())
}

func TestAJournalThatCannotBeWrittenIsGivenUp(t *testing.T) {
	_, err := OpenJournal(filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "begin the journal")
	j, dir := journal(t)
	require.NoError(t, j.f.Close())
	j.Add(Progress{Stage: "measure"})
	assert.Equal(t, Ended, StateOf(os.DirFS(dir), "."))
}

func TestJournalsOfOthersDoNoHarm(t *testing.T) {
	write := func(t *testing.T, text string) *Tail {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, journalFile), []byte(text), 0o600))
		return NewTail(os.DirFS(dir), ".")
	}
	good := `{"n":%d,"stage":"measure"}` + "\n"
	garbled := strings.Join([]string{
		"{}", "null", "[]", "\xff", `{"n":-1}`, `{"n":3,"left_ns":-1}`, `{"n":3,"run":-1}`,
		`{"n":4,"live":{"length_ns":0}}`,
		`{"n":5,"stage":"` + strings.Repeat("x", mostLine) + `"}`, "", `{"n":6`, "",
	}, "\n")
	text := fmt.Sprintf(good, 1) + garbled + fmt.Sprintf(good, 7) + fmt.Sprintf(good, 7) + `{"n":8,"sta`
	assert.Equal(t, []uint64{1, 7}, numbers(t, write(t, text), Stopped))

	large := write(t, strings.Repeat(strings.Repeat("x", 100)+"\n", 3*mostJournal/100)+fmt.Sprintf(good, 9))
	assert.Equal(t, []uint64{9}, numbers(t, large, Stopped), "the newest part of what is too large")

	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, journalFile), 0o700))
	_, state, err := NewTail(os.DirFS(dir), ".").Read()
	require.ErrorIs(t, err, ErrImpossible)
	assert.Equal(t, Ended, state)
}

// FuzzProgress reads journals that somebody else wrote.
func FuzzProgress(f *testing.F) {
	f.Add([]byte(`{"n":1,"stage":"measure","left_ns":1,"live":{"at_ns":1,"length_ns":1,"p99_ns":7}}` + "\n"))
	f.Add([]byte("{\n\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var tail Tail
		last := uint64(0)
		for _, p := range tail.fresh(text) {
			require.Greater(t, p.Number, last)
			last = p.Number
			assert.False(t, p.Left < 0 || math.IsNaN(float64(p.Offered)))
			again, err := json.Marshal(p)
			require.NoError(t, err, "what was read can be written")
			read, err := decodeProgress(again)
			if len(again) <= mostLine {
				require.NoError(t, err)
				assert.Equal(t, p, read)
			}
		}
	})
}
