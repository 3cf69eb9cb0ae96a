package page_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
)

func TestAProfiledPhaseShowsWhereItsProcessorTimeGoes(t *testing.T) {
	effort.NoGoroutines(t)
	got := written(t, archivetest.Profiled(archivetest.Sample(2, 3)))
	assert.Equal(t, 2, strings.Count(got, "<h3>Where the processor time goes</h3>"))
	for _, part := range []string{
		"<title>encoding/json.Marshal: 25.6 %", "With what it calls",
		`<tr><th scope="row">github.com/nameplate-dev/nameplate/clusterimpl/platform.(*Platform).risk</th>` +
			`<td class="n">41.0 %</td><td class="n">41.0 %</td>`,
	} {
		assert.True(t, strings.Contains(got, part), part)
	}
	_, graph, _ := strings.Cut(got, `<figure class="profile">`)
	graph, _, _ = strings.Cut(graph, "</figure>")
	for _, outside := range []string{"http://", "https://", " id=", "style=", "url("} {
		assert.False(t, strings.Contains(graph, outside), outside)
	}
	assert.False(t, strings.Contains(written(t, archivetest.Sample(2)), "Where the processor time goes"))
}

func TestAProfileThatCannotBeReadIsNamedOnThePage(t *testing.T) {
	r := archivetest.Profiled(archivetest.Sample(2))
	r.Phases[0].Trials[0].Profiles[0].Data, r.Phases[0].Trials[0].Profiles[0].File = nil, "<script>"
	got := written(t, r)
	assert.True(t, strings.Contains(got, "The profiles cannot be shown: phase 2, run 1: &lt;script&gt;"))
	assert.False(t, strings.Contains(got, "<script>:"))
}

func TestAFlameGraphOnThePageInABrowser(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, []byte(written(t, archivetest.Profiled(archivetest.Sample(2)))), 0o600))
	for name, o := range map[string]browsertest.Options{
		"wide": {}, "dark": {Dark: true}, "a phone": {Width: 390}, "without scripts": {NoScripts: true},
	} {
		p := browsertest.OpenFile(t, file, o)
		assert.Empty(t, p.Messages(), name)
		assert.Len(t, p.Requests(), 1, name)
		if o.NoScripts {
			p.Close()
			continue
		}
		assert.Equal(t, 1, browsertest.Eval[int](p, "document.querySelectorAll('.flame-bar input').length"), name)
		browsertest.Eval[any](p, "document.querySelectorAll('.frames rect')[3].dispatchEvent(new MouseEvent('click'))")
		hidden := browsertest.Eval[int](p, "document.querySelectorAll('.frames [visibility=hidden]').length")
		assert.Positive(t, hidden, name+": a frame was zoomed into")
		assert.LessOrEqual(t, browsertest.Eval[float64](p, "document.documentElement.scrollWidth"),
			browsertest.Eval[float64](p, "window.innerWidth"), name+": the graph scrolls, the page does not")
		assert.GreaterOrEqual(t, browsertest.Eval[float64](p,
			"document.querySelector('.profile text').getBoundingClientRect().height"), 8.0, name)
		p.Close()
	}
}
