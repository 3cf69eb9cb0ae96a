package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(Ending(m)) }

const small = `<!DOCTYPE html><html lang="en"><meta name="viewport"
content="width=device-width"><title>x</title><body><p id="p">first</p><noscript>no scripts</noscript>
<script>console.log("hello"); document.getElementById("p").textContent = matchMedia("(prefers-color-scheme: dark)").matches
? "dark" : "light"; none()</script><img alt="" src="missing.png"></body></html>`

func TestAPageIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	p := OpenText(t, small, Options{Dark: true, Width: 390})
	assert.Equal(t, "dark", Eval[string](p, `document.getElementById("p").textContent`))
	assert.Equal(t, 390, Eval[int](p, `Promise.resolve(innerWidth)`))
	assert.Contains(t, strings.Join(p.Messages(), "\n"), "hello")
	assert.Contains(t, strings.Join(p.Messages(), "\n"), "ERR_FILE_NOT_FOUND")
	assert.Contains(t, strings.Join(p.Messages(), "\n"), "exception: Uncaught ReferenceError: none is not defined")
	assert.Len(t, p.Requests(), 2)
	assert.True(t, strings.HasPrefix(string(p.PDF()), "%PDF-"))
	assert.True(t, strings.HasPrefix(string(p.Screenshot()), "\x89PNG"))
}

func TestAPageWithoutScripts(t *testing.T) {
	t.Parallel()
	p := OpenText(t, small, Options{NoScripts: true})
	assert.NotContains(t, strings.Join(p.Messages(), "\n"), "hello")
}

func TestAPageIsReadOtherwise(t *testing.T) {
	t.Parallel()
	p := OpenText(t, `<!DOCTYPE html><html lang="en"><title>x</title>
		<button>First</button><label>Second <input></label>`, Options{})
	p.Tab()
	assert.Equal(t, "First", Eval[string](p, `document.activeElement.textContent`))
	p.Tab()
	p.Type("12")
	assert.Equal(t, "12", Eval[string](p, `document.querySelector("input").value`))
	assert.Contains(t, p.Heard(), Heard{"button", "First"})
	assert.Contains(t, p.Heard(), Heard{"textbox", "Second"})
	p.Dark()
	assert.True(t, Eval[bool](p, `matchMedia("(prefers-color-scheme: dark)").matches`))
	p.Print()
	assert.True(t, Eval[bool](p, `matchMedia("print").matches`))
	p.Reload()
	assert.Empty(t, Eval[string](p, `document.querySelector("input").value`))
}

func TestAPageKnowsNothingOfTheOneBefore(t *testing.T) {
	before := OpenText(t, small, Options{Dark: true, Width: 390, NoScripts: true})
	before.Print()
	before.Close()
	before = OpenText(t, small, Options{Dark: true})
	Eval[bool](before, `sessionStorage.seen = localStorage.seen = document.title = "seen", true`)
	before.Close()
	p := OpenText(t, `<!DOCTYPE html><html lang="en"><title>y</title><script>document.title = "z"</script>`, Options{})
	assert.Equal(t, before.tab, p.tab, "it has the tab of the one before")
	assert.Equal(t, "z", Eval[string](p, `document.title`), "with scripts")
	assert.Equal(t, 1280, Eval[int](p, `innerWidth`))
	assert.False(t, Eval[bool](p, `matchMedia("(prefers-color-scheme: dark)").matches || matchMedia("print").matches`))
	assert.Zero(t, Eval[int](p, `localStorage.length + sessionStorage.length`))
	assert.Empty(t, p.Messages())
	assert.Len(t, p.Requests(), 1)
}
