package page_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/page"
)

// looked is the page of a run, with a previous one, that fails some of its claims.
func looked(t *testing.T) string {
	t.Helper()
	run := archivetest.Overloaded(1, 3)
	run.Phases[1].Trials[0].Faults = []string{"store postgres fell over"}
	require.NoError(t, run.Judge())
	r, err := figures.Of(run)
	require.NoError(t, err)
	before := archivetest.Sample(1, 3)
	var b bytes.Buffer
	require.NoError(t, page.Write(&b, r, chart.All(r), &page.Earlier{
		Previous: before, History: []*archive.Summary{{Results: before.Results}, {Results: before.Results}},
	}))
	return b.String()
}

// clean checks what holds for every way to look at the page: nothing is said on the console, nothing is asked of the
// network, and the page is no wider than its window.
func clean(t *testing.T, p *browsertest.Page) {
	t.Helper()
	assert.Empty(t, p.Messages())
	assert.Len(t, p.Requests(), 1, "the page alone")
	assert.LessOrEqual(t, browsertest.Eval[int](p, `document.documentElement.scrollWidth`),
		browsertest.Eval[int](p, `document.documentElement.clientWidth`), "the body scrolls sideways")
	assert.Zero(t, browsertest.Eval[int](p, `[...document.images].filter(i => !i.complete || !i.naturalWidth).length`),
		"images that are not drawn")
}

func TestTheFirstScreenHasTheVerdictAndTheWorstClaims(t *testing.T) {
	t.Parallel()
	html := looked(t)
	for name, o := range map[string]browsertest.Options{"light": {}, "no scripts": {NoScripts: true}} {
		p := browsertest.OpenText(t, html, o)
		clean(t, p)
		p.Keep("page-"+strings.ReplaceAll(name, " ", "-"), !o.NoScripts)
		top := func(selector string) int {
			return browsertest.Eval[int](p, fmt.Sprintf(
				`Math.round(document.querySelector(%q).getBoundingClientRect().bottom + scrollY)`, selector))
		}
		assert.Less(t, top(".sentence"), 200, name)
		assert.Less(t, top("#claims ~ div tbody tr:nth-child(4)"), 900, name)
		order := browsertest.Eval[[]string](p, `[...document.querySelectorAll("h1, h2")].map(h => h.id)`)
		assert.Equal(t, []string{
			"", "claims", "overview", "limits", "changed", "phase-1-title", "phase-3-title", "about", "reading",
		}, order, name)
		p.Close()
	}
}

func TestThePageIsRightInTheDarkOnAPhoneAndOnPaper(t *testing.T) {
	t.Parallel()
	html := looked(t)
	for name, o := range map[string]browsertest.Options{
		"phone": {Width: 390, Height: 844}, "dark": {Dark: true}, "dark phone": {Width: 390, Height: 844, Dark: true},
	} {
		p := browsertest.OpenText(t, html, o)
		clean(t, p)
		dark := browsertest.Eval[string](p, `getComputedStyle(document.body).backgroundColor`)
		assert.Equal(t, map[bool]string{false: "rgb(246, 247, 249)", true: "rgb(20, 23, 27)"}[o.Dark], dark, name)
		p.Keep("page-"+strings.ReplaceAll(name, " ", "-"), false)
		if o.Width == 0 {
			assert.True(t, strings.HasPrefix(string(p.PDF()), "%PDF-"))
		}
		p.Close()
	}
}

func TestTheKeyboardReachesEverything(t *testing.T) {
	t.Parallel()
	p := browsertest.OpenText(t, looked(t), browsertest.Options{NoScripts: true})
	assert.Zero(t, browsertest.Eval[int](p, `[...document.querySelectorAll(".scroll")].filter(e => e.tabIndex !== 0 ||
		!e.getAttribute("aria-label")).length`), "what scrolls can be reached, and has a name")
	assert.Zero(t, browsertest.Eval[int](p, `[...document.images].filter(i => i.alt.length < 20).length`))
	levels := browsertest.Eval[[]int](p,
		`[...document.querySelectorAll("h1, h2, h3, h4")].map(h => Number(h.tagName[1]))`)
	require.Equal(t, 1, levels[0])
	for i := 1; i < len(levels); i++ {
		assert.LessOrEqual(t, levels[i], levels[i-1]+1, "heading %d skips a level", i)
	}
	assert.Equal(t, "skip", browsertest.Eval[string](p, `document.querySelector("a, button, [tabindex]").className`))
	outlines := browsertest.Eval[[]string](p, `[...document.styleSheets].flatMap(
		s => [...s.cssRules]).filter(r => /outline/.test(r.cssText)).map(r => r.cssText)`)
	require.NotEmpty(t, outlines)
	assert.Contains(t, outlines[0], ":focus-visible { outline: 3px solid", "what has the focus is outlined")
	for _, rule := range outlines {
		if !strings.Contains(rule, "stroke-width: 2.5") { // a part of a drawing has a stroke for it
			assert.NotRegexp(t, `outline(-style|-width)?: *(none|0)`, rule, "nothing takes that away")
		}
	}
	assert.Zero(t, browsertest.Eval[int](p, `document.querySelectorAll("[style]").length`))
	assert.Equal(t, 9, browsertest.Eval[int](p, `document.querySelectorAll("figure table").length`))
}
