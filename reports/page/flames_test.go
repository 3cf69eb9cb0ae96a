package page_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/reports/browsertest"
	"github.com/nameplate-dev/nameplate/reports/flame"
	"github.com/nameplate-dev/nameplate/reports/page"
)

// spent is a graph of a service that served 1,000 requests, in which functions were seen so often.
func spent(times map[string]float64) *flame.Graph {
	g := flame.New(1000)
	for _, name := range []string{"shop/web.price", "shop/web.search", "shop/web.<b>old"} {
		if n := times[name]; n > 0 {
			g.Add("workers", []flame.Stack{{
				Frames: []string{"main.main", name}, Spent: flame.Spent{Samples: n, Nanoseconds: n * 1e7},
			}})
		}
	}
	return g
}

func flamesPage(t *testing.T, all ...page.Flames) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, page.WriteFlames(&b, "v1<script>", "v2", all))
	return b.String()
}

func TestAPageOfFlameGraphsNamesTheHottestChangeFirst(t *testing.T) {
	base := spent(map[string]float64{"shop/web.price": 100, "shop/web.search": 200, "shop/web.<b>old": 40})
	head := spent(map[string]float64{"shop/web.price": 300, "shop/web.search": 205})
	got := flamesPage(t, page.Flames{Phase: 2, Base: base, Head: head}, page.Flames{Phase: 3, Base: base, Head: base},
		page.Flames{Phase: 4, Missing: "base: <i>no profile"})
	for _, part := range []string{
		"Phase 2: the hottest change is &#43;2,000 µs in shop/web.price", "Vanished: 400 µs per request",
		"Phase 3: no function changed by more than chance explains", "Phase 4: not profiled",
		"There are no profiles to compare: base: &lt;i&gt;no profile", "Base: v1&lt;script&gt;. Head: v2.",
		`<th scope="row">shop/web.&lt;b&gt;old</th><td>main.main</td>` +
			`<td class="n">400 µs</td><td class="n">0 µs</td><td class="n">−400 µs`,
	} {
		assert.Contains(t, got, part)
	}
	assert.NotContains(t, got, "v1<script")
	assert.NotContains(t, got, "<b>")
	assert.Equal(t, 1, strings.Count(got, "<script"))
	price, old := strings.Index(got, `row">shop/web.price`), strings.Index(got, `row">shop/web.&lt;b&gt;old`)
	assert.True(t, price < old)
	assert.Contains(t, flamesPage(t), "No phase was profiled.")

	var b bytes.Buffer
	err := page.WriteFlames(&b, "", "", []page.Flames{{Phase: 2, Base: flame.New(0), Head: head}})
	assert.ErrorContains(t, err, "phase 2: compare profiles: it is not known how many requests were served")
}

func TestAPageOfFlameGraphsInABrowser(t *testing.T) {
	t.Parallel()
	base := spent(map[string]float64{"shop/web.price": 100, "shop/web.search": 200, "shop/web.<b>old": 40})
	head := spent(map[string]float64{"shop/web.price": 300, "shop/web.search": 205})
	text := flamesPage(t, page.Flames{Phase: 2, Base: base, Head: head})
	for name, o := range map[string]browsertest.Options{"wide": {}, "a phone in the dark": {Width: 390, Dark: true}} {
		p := browsertest.OpenText(t, text, o)
		assert.Empty(t, p.Messages(), name)
		assert.Len(t, p.Requests(), 1, name)
		p.Keep("flames-"+strings.ReplaceAll(name, " ", "-"), false)
		assert.Equal(t, 2, browsertest.Eval[int](p, "document.querySelectorAll('.frames').length"), name)
		assert.LessOrEqual(t, browsertest.Eval[float64](p, "document.documentElement.scrollWidth"),
			browsertest.Eval[float64](p, "window.innerWidth"), name)
		p.Close()
	}
}

// key is a script that presses a key on the frame that has the focus.
func key(name string) string {
	return `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '` + name + `', bubbles: true}))`
}

// wide counts the frames that are as wide as the graph, and told is what is said of the frame that is pointed at.
const (
	wide = `[...document.querySelectorAll('.frames rect')].filter(
		r => r.getAttribute('visibility') !== 'hidden' && +r.getAttribute('width') > 1199).length`
	told = `document.querySelector('.flame-bar output').textContent`
)

func TestAReaderZoomsIntoAFlameGraph(t *testing.T) {
	t.Parallel()
	base := spent(map[string]float64{"shop/web.price": 100, "shop/web.search": 200, "shop/web.<b>old": 40})
	head := spent(map[string]float64{"shop/web.price": 300, "shop/web.search": 205})
	p := browsertest.OpenText(t, flamesPage(t, page.Flames{Phase: 2, Base: base, Head: head}), browsertest.Options{})
	before := browsertest.Eval[int](p, wide)
	assert.Equal(t, 5, before, "workers and main, twice, and what vanished")

	browsertest.Eval[any](p, `document.querySelector('.frames rect[tabindex="0"]').focus()`)
	for _, step := range []struct{ key, told string }{
		{"ArrowDown", "main.main: "}, {"ArrowDown", "shop/web.price: "}, {"ArrowRight", "shop/web.search: "},
		{"ArrowLeft", "shop/web.price: "}, {"ArrowUp", "main.main: "}, {"ArrowUp", "workers: "},
		{"ArrowUp", "workers: "}, {"ArrowDown", "main.main: "}, {"ArrowDown", "shop/web.price: "},
	} {
		browsertest.Eval[any](p, key(step.key))
		assert.Contains(t, browsertest.Eval[string](p, told), step.told, step.key)
	}
	browsertest.Eval[any](p, key("Enter"))
	assert.Equal(t, before+1, browsertest.Eval[int](p, wide), "the frame fills the width")
	assert.Equal(t, 1, browsertest.Eval[int](p, `document.querySelectorAll('.frames rect[visibility=hidden]').length`))
	browsertest.Eval[any](p, key("Escape"))
	assert.Equal(t, before, browsertest.Eval[int](p, wide))

	browsertest.Eval[any](p, `document.querySelectorAll('.frames rect')[2].dispatchEvent(new MouseEvent('click'))`)
	assert.Equal(t, before+1, browsertest.Eval[int](p, wide))
	browsertest.Eval[any](p, `document.querySelector('.flame-bar button').click()`)
	assert.Equal(t, before, browsertest.Eval[int](p, wide))

	browsertest.Eval[any](p, `{ const f = document.querySelector('.flame-bar input'); f.value = 'PRICE';
		f.dispatchEvent(new Event('input')); }`)
	assert.Equal(t, 1, browsertest.Eval[int](p, `document.querySelectorAll('.hit').length`))
	assert.Regexp(t, `^1 frame, 59\.4 % of the width$`, browsertest.Eval[string](p, told))
	assert.Empty(t, p.Messages())
	assert.Less(t, len(flame.Zoom), 6_000)
}
