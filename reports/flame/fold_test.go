package flame

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/effort"
)

// packed is a text packed with gzip.
func packed(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestFold(t *testing.T) {
	for name, row := range map[string]struct {
		path string
		want []string
	}{
		"callers first":         {"main > a > b", []string{"main", "a", "b"}},
		"inlined functions":     {"main > a + b + c > d", []string{"main", "a", "b", "c", "d"}},
		"recursion":             {"main > a > a > a", []string{"main", "a", "a", "a"}},
		"a place without names": {"main >  > b", []string{"main", "(no name)", "b"}},
		"far too deep": {strings.Repeat("a > ", 2*mostFrames) + "b",
			strings.Split(strings.TrimSuffix(strings.Repeat("a ", mostFrames), " "), " ")},
	} {
		t.Run(name, func(t *testing.T) {
			stacks, err := Fold(made(t, stack{row.path, 3}))
			require.NoError(t, err)
			require.Len(t, stacks, 1)
			assert.Equal(t, row.want, stacks[0].Frames)
			assert.Equal(t, Spent{Samples: 3, Nanoseconds: 3e7}, stacks[0].Spent)
		})
	}
}

func TestAProfileThatIsNotPackedIsRead(t *testing.T) {
	p, err := profile.ParseData(made(t, stack{"main > a", 1}))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, p.WriteUncompressed(&b))
	stacks, err := Fold(b.Bytes())
	require.NoError(t, err)
	assert.Len(t, stacks, 1)
}

func TestWhatIsNoProfileIsRefused(t *testing.T) {
	effort.NoGoroutines(t)
	heap := &profile.Profile{SampleType: []*profile.ValueType{{Type: "alloc_space", Unit: "bytes"}}}
	var b bytes.Buffer
	require.NoError(t, heap.Write(&b))
	whole := made(t, shop(50)...)
	for name, row := range map[string]struct {
		text []byte
		want string
	}{
		"nothing":           {nil, "read profile: "},
		"prose":             {[]byte("hello"), "read profile: "},
		"a profile cut off": {whole[:len(whole)/2], "unexpected EOF"},
		"of memory":         {b.Bytes(), "no profile of processor time; allowed: samples with a count and nanoseconds"},
		"negative":          {made(t, stack{"main", -1}), "sample 1 has the value -1; allowed: 0 to 2^53"},
		"packed twice":      {packed(t, whole), "read profile: "},
		"a bomb":            {packed(t, make([]byte, mostBytes+1)), "more than 64 MiB once it is unpacked"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Fold(row.text)
			assert.ErrorContains(t, err, row.want)
		})
	}
	assert.ErrorContains(t, New(1).AddProfile("workers", nil), "workers: read profile: ")
}

func FuzzFold(f *testing.F) {
	whole := made(f, shop(50)...)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("hello"))
	f.Fuzz(func(t *testing.T, text []byte) {
		stacks, err := Fold(text)
		if err != nil {
			return
		}
		g := New(10)
		g.Add("workers", stacks)
		var b bytes.Buffer
		require.NoError(t, g.SVG(&b, Options{Title: "fuzz"}))
		elements(t, b.Bytes())
		assert.LessOrEqual(t, b.Len(), MostBytes)
	})
}
