package page_test

import (
	"bytes"
	"html"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/page"
)

// besides is the page of two runs.
func besides(t *testing.T, base, head *archive.Run, drawings ...page.Drawing) string {
	t.Helper()
	c, err := compared.Of(base, head)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, page.WriteComparison(&b, c, chart.Compared(c), drawings...))
	return b.String()
}

func TestThePageOfTwoRunsTellsEverything(t *testing.T) {
	effort.NoGoroutines(t)
	base, head := archivetest.Sample(1, 2), archivetest.Slower(1, 2)
	head.ID, head.Build.Revision = `<b>"head"`, "fedcba9876543210"
	flames := page.Drawing{Phase: 2, Title: "Flames", About: "x", SVG: []byte("<svg/>")}
	got := html.UnescapeString(besides(t, base, head, flames))
	for _, text := range []string{
		"✗ Regressed</span>: P", "✗ regressed", "P2.p99", "≤ 150 ms", "Build: revision", "fedcba987654…",
		"Figures that nothing is claimed of",
		"Phase 1 development", "Figures of this chart", "share of requests, %", `alt="Flames. x"`,
	} {
		assert.True(t, strings.Contains(got, text), text)
	}
	assert.False(t, strings.Contains(besides(t, base, head), "<b>"), "what an archive says is no markup")
	again := besides(t, base, head)
	assert.True(t, again == besides(t, base, head), "the same runs give the same bytes")
	assert.Less(t, len(got), 2<<20)

	head.Host.Cores = 2
	got = html.UnescapeString(besides(t, base, head))
	assert.True(t, strings.Contains(got, "⊘ not comparable"))
	assert.True(t, strings.Contains(got, "⊘ Not comparable</span>: cores of the host: 8, then 2."))
	assert.False(t, strings.Contains(got, "✗ regressed"))
	assert.Contains(t, html.UnescapeString(besides(t, &archive.Run{}, &archive.Run{})), "Neither run has a claim")
}

// undrawn are the images of a page that cannot be drawn. Those further down are not loaded by themselves.
const undrawn = `Promise.all([...document.images].map(i => {
	i.loading = "eager";
	return i.decode().then(() => "", () => i.alt);
})).then(alts => alts.filter(alt => alt !== ""))`

// looksRight opens a page as readers do: light, dark on a phone, and without scripts.
func looksRight(t *testing.T, name, text string) {
	t.Helper()
	for _, o := range []browsertest.Options{{}, {Dark: true, Width: 390, Height: 800, NoScripts: true}} {
		p := browsertest.OpenText(t, text, o)
		assert.Empty(t, p.Messages(), "%s: %+v", name, o)
		assert.Len(t, p.Requests(), 1, "%s: the page itself, and nothing else", name)
		p.Keep(name+map[bool]string{true: "-phone"}[o.Dark], !o.Dark)
		if o.NoScripts {
			p.Close()
			continue // nothing can be asked of the page either
		}
		assert.Empty(t, browsertest.Eval[[]string](p, undrawn), "not drawn")
		assert.Zero(t, browsertest.Eval[int](p,
			`[...document.querySelectorAll(".card.scroll")].filter(c => c.scrollWidth > c.clientWidth).length`),
			"%s: tables that are wider than the page", name)
		p.Close()
	}
	phone := browsertest.OpenText(t, text, browsertest.Options{Dark: true, Width: 390, Height: 800})
	assert.LessOrEqual(t, browsertest.Eval[int](phone, `document.documentElement.scrollWidth`), 390,
		"%s: no sideways scrolling", name)
	assert.NotEqual(t, "rgb(246, 247, 249)", browsertest.Eval[string](phone,
		`getComputedStyle(document.body).backgroundColor`), "%s: dark", name)
	assert.True(t, strings.HasPrefix(string(phone.PDF()), "%PDF-"))
	phone.Close()
}

func TestThePageOfTwoRunsInABrowser(t *testing.T) {
	t.Parallel()
	looksRight(t, "compared", besides(t, archivetest.Sample(1, 3), archivetest.Slower(1, 3)))
}
