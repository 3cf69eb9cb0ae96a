package flame

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
)

// changed are the stacks of the small service in which one function takes more, one less, one vanished, one is new.
func changed() []stack {
	return []stack{
		{"shop/web.(*Server).Serve > net/http.HandlerFunc.ServeHTTP > shop/web.price + shop/web.total", 480},
		{"shop/web.(*Server).Serve > net/http.HandlerFunc.ServeHTTP > encoding/json.Marshal", 118},
		{"shop/web.(*Server).Serve > net.(*conn).Write > internal/poll.(*FD).Write > syscall.Syscall6", 60},
		{"runtime.mcall > runtime.park_m > runtime.schedule > runtime.futex", 100},
		{"runtime.gcBgMarkWorker > runtime.gcDrain", 63},
		{"shop/web.(*Server).Serve > shop/web.audit", 40},
		{"example.org/db.(*Pool).sweep", 41},
	}
}

func differing(t testing.TB, base, head *Graph, o Options) string {
	t.Helper()
	d, err := Diff(base, head)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, d.SVG(&b, o))
	return b.String()
}

func TestADifferenceIsDrawn(t *testing.T) {
	base, head := graph(t, 1000, shop(120)...), graph(t, 2000, changed()...)
	got := differing(t, base, head, Options{Title: "Phase 2: head against base"})
	golden.Equal(t, filepath.Join("testdata", "diff.svg"), []byte(got))
	for _, part := range []string{
		"base 4,110 µs (411 samples), head 4,510 µs (902 samples), +400 µs.",
		"<title>shop/web.total: base 1,200 µs, head 2,400 µs per request, +1,200 µs, more; 120 and 480 samples</title>",
		"<title>shop/web.audit: base 0 µs, head 200 µs per request, +200 µs, new; 0 and 40 samples</title>",
		"<title>runtime.mallocgc: base 400 µs, head 0 µs per request, −400 µs, vanished; 40 and 0 samples</title>",
		"<title>runtime.futex: base 500 µs, head 500 µs per request, 0 µs, no change beyond chance; 50 and 100 samples",
		"Vanished: 400 µs per request in the base, none in the head; drawn 11.3 times as wide",
		"Call paths of 10 µs per request were seen in the base alone, each so seldom that chance explains it.",
		"shop/web.total +1,200 µs</text>",
	} {
		assert.Contains(t, got, strings.ReplaceAll(part, "shop/web.total +", "web.total +"))
	}
	first, last := strings.Index(got, "<title>shop/web.price"), strings.Index(got, "<title>encoding/json.Marshal")
	assert.True(t, first < last, "the hottest change stands first")
	assert.Equal(t, got, differing(t, base, head, Options{Title: "Phase 2: head against base"}))
}

func TestTheHottestChangesComeFirst(t *testing.T) {
	base, head := graph(t, 1000, shop(120)...), graph(t, 2000, changed()...)
	all, err := Changes(base, head, "shop", 20)
	require.NoError(t, err)
	assert.Equal(t, []Change{
		{Place{"shop/web.total", "shop/web.total"}, 1.2e6, 2.4e6},
		{Place{"syscall.Syscall6", "shop/web.(*Server).Serve"}, 9e5, 3e5},
		{Place{"runtime.mallocgc", "shop/web.(*Server).Serve"}, 4e5, 0},
		{Place{"shop/web.audit", "shop/web.audit"}, 0, 2e5},
	}, all, "and what chance explains is not among them")
	assert.Equal(t, 1.2e6, all[0].Change())
	few, err := Changes(base, head, "shop", 1)
	require.NoError(t, err)
	assert.Len(t, few, 1)
	none, err := Changes(base, base, "shop", 20)
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestGraphsOfUnequalLengthAreComparedPerRequest(t *testing.T) {
	short, long := graph(t, 500, shop(120)...), New(5000)
	for range 10 {
		require.NoError(t, long.AddProfile("workers", made(t, shop(120)...)))
	}
	all, err := Changes(short, long, "shop", 20)
	require.NoError(t, err)
	assert.Empty(t, all)
	got := differing(t, short, long, Options{})
	assert.Contains(t, got, "head 8,220 µs (4,110 samples), 0 µs.")
	assert.Contains(t, got, "No call path vanished.")
	for _, requests := range []float64{0, -1} {
		_, err := Diff(short, New(requests))
		assert.EqualError(t, err, "compare profiles: it is not known how many requests were served; allowed: above 0")
		_, err = Changes(New(requests), short, "shop", 1)
		assert.Error(t, err)
	}
}

func TestADifferenceOfNothing(t *testing.T) {
	got := differing(t, New(1), New(1), Options{Title: "idle", Notes: []string{"a note"}})
	assert.Contains(t, got, "base 0 µs (0 samples), head 0 µs (0 samples), 0 µs.")
	assert.Contains(t, got, "a note")
	assert.NotContains(t, got, "NaN")
	gone := differing(t, graph(t, 100, shop(100)...), New(100), Options{})
	assert.Contains(t, gone, "drawn 1 times as wide", "all of it vanished")
	assert.NotContains(t, gone, "NaN")
}

func TestALargeDifferenceStaysSmall(t *testing.T) {
	t.Parallel()
	base, head := New(1e4), New(1e4)
	base.Add("workers", large(1))
	head.Add("workers", large(2)[:2500])
	head.Add("workers", []Stack{{[]string{"shop/web.burn"}, Spent{50_000, 5e11}}})
	got := differing(t, base, head, Options{Title: "large"})
	assert.LessOrEqual(t, len(got), MostBytes)
	assert.Greater(t, elements(t, []byte(got))["title"], 200)
	assert.Contains(t, got, "Vanished: ")
	assert.True(t, strings.Index(got, "<title>shop/web.burn") < strings.Index(got, "<title>github.com/example"))

	file := filepath.Join(t.TempDir(), "diff.svg")
	require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	p := browsertest.OpenFile(t, file, browsertest.Options{})
	p.Keep("flame-difference", false)
	assert.Empty(t, p.Messages())
	assert.Zero(t, browsertest.Eval[int](p, overflowing), "every label stands within its frame")
}
