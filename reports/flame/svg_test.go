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

func drawn(t testing.TB, g *Graph, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, g.SVG(&b, o))
	return b.Bytes()
}

// sample is a graph of workers and a primary.
func sample(t testing.TB) *Graph {
	t.Helper()
	g := graph(t, 1000, shop(120)...)
	require.NoError(t, g.AddProfile("primary", made(t, stack{"runtime.mcall > runtime.futex", 12})))
	return g
}

func TestAGraphIsDrawn(t *testing.T) {
	got := drawn(t, sample(t), Options{
		Title: "Phase 2: where the processor time goes", Module: "shop", Notes: []string{"Stores are not profiled."},
	})
	golden.Equal(t, filepath.Join("testdata", "graph.svg"), got)
	assert.Equal(t, got, drawn(t, sample(t), Options{
		Title: "Phase 2: where the processor time goes", Module: "shop", Notes: []string{"Stores are not profiled."},
	}), "the same profiles give the same bytes")
	text := string(got)
	for _, part := range []string{
		"423 samples, 4,230 µs of processor time per request: workers 97.2 %, primary 2.84 %.",
		"<title>shop/web.total: 28.4 %, 1,200 µs per request, 120 samples</title>",
		"<title>encoding/json.Marshal: 23.6 %, 1,000 µs per request, 100 samples; itself 14.2 %</title>",
		"Chance moves a share by up to ± 4.76 points (95 %).", "Stores are not profiled.",
		"Frames below 0.2 % are left out.",
	} {
		assert.Contains(t, text, part)
	}
}

func TestAGraphWithoutSamplesSaysSo(t *testing.T) {
	text := string(drawn(t, New(100), Options{Title: "idle"}))
	assert.Contains(t, text, "No samples")
	assert.NotContains(t, text, "NaN")
	assert.NotContains(t, text, "<title>")
}

func TestADrawingStaysSmall(t *testing.T) {
	g := New(1e4)
	g.Add("workers", large(1))
	got := drawn(t, g, Options{Title: "large"})
	assert.LessOrEqual(t, len(got), MostBytes)
	assert.Greater(t, elements(t, got)["title"], 250, "and shows what there is room for")
	assert.Contains(t, string(got), "of the time.", "it says how much is left out")
	deep := New(0)
	deep.Add("workers", []Stack{{strings.Split(strings.Repeat("<a> ", mostFrames), " "), Spent{1, 1e7}}})
	assert.LessOrEqual(t, len(drawn(t, deep, Options{})), MostBytes)
}

func TestAFunctionsNameIsNoMarkup(t *testing.T) {
	evil := `"/><script>alert(1)</script><image href='https://example.org/x'/>` + "\x00\x1b\u202e\ufffe]]>"
	g := New(10)
	g.Add(evil, []Stack{{[]string{evil, "a/" + evil, strings.Repeat("x", 1<<16)}, Spent{100, 1e9}}})
	got := drawn(t, g, Options{Title: evil, Notes: []string{evil}, Module: evil})
	found := elements(t, got)
	assert.Zero(t, found["script"]+found["image"])
	assert.NotContains(t, string(got), "\u202e")
	assert.Less(t, len(got), 10_000)
}

func TestALabelFitsOrIsDropped(t *testing.T) {
	for name, row := range map[string]struct {
		width  float64
		labels []string
		want   string
	}{
		"the longest":        {200, []string{"http.serve 12 %", "http.serve"}, "http.serve 12 %"},
		"a shorter one":      {90, []string{"http.serve 12 %", "http.serve"}, "http.serve"},
		"its end":            {60, []string{"http.serve 12 %", "http.serve"}, "….serve"},
		"none":               {40, []string{"http.serve"}, ""},
		"wide characters":    {60, []string{"服务服务服务"}, "…务服务"},
		"nothing to tell":    {500, nil, ""},
		"narrower than none": {0.1, []string{"x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, row.want, box{width: row.width, labels: row.labels}.label())
		})
	}
}

// overflowing counts the labels that are wider than the frames that they stand in.
const overflowing = `(() => {
	const frames = [...document.querySelectorAll('.frames rect')].map(r => r.getBBox());
	return [...document.querySelectorAll('.labels text')].map(t => t.getBBox()).filter(t => !frames.some(
		f => f.y <= t.y + 3 && t.y + t.height <= f.y + f.height + 5 &&
			f.x <= t.x && t.x + t.width <= f.x + f.width)).length;
})()`

func TestADrawingInABrowser(t *testing.T) {
	t.Parallel()
	g := New(1e4)
	g.Add("workers", large(1))
	for name, g := range map[string]*Graph{"small": sample(t), "large": g} {
		file := filepath.Join(t.TempDir(), name+".svg")
		require.NoError(t, os.WriteFile(file, drawn(t, g, Options{Title: name, Module: "shop"}), 0o600))
		p := browsertest.OpenFile(t, file, browsertest.Options{Dark: true})
		p.Keep("flame-"+name, false)
		assert.Empty(t, p.Messages())
		assert.Len(t, p.Requests(), 1)
		assert.Greater(t, browsertest.Eval[int](p, `document.querySelectorAll('.labels text').length`), 5)
		assert.Zero(t, browsertest.Eval[int](p, overflowing), "every label stands within its frame")
		p.Close()
	}
}
