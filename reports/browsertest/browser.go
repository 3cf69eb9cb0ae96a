// Package browsertest opens pages in a headless Chromium, for tests: what a page writes to the console, what it asks
// the network for, what a script in it comes to, how it is printed, and what it looks like. The tests of a package
// share one browser, which ends as [Ending] says.
package browsertest

import (
	"cmp"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/effort"
)

// Options say how a page is opened.
type Options struct {
	Width, Height int64 // CSS pixels; 1280 and 900 when 0
	Dark          bool  // the reader prefers dark colours
	NoScripts     bool
}

// Page is a page that is open, until it is closed or its test ends, in a tab and a profile that no other page that is
// open has.
type Page struct {
	t     *testing.T
	tab   *tab
	ctx   context.Context
	close func()

	mu       sync.Mutex
	messages []string
	requests []string
}

// Open opens a page at a URL. The test skips by name where there is no Chromium.
func Open(t *testing.T, address string, o Options) *Page {
	t.Helper()
	effort.NoGoroutines(t) // of ours: a page only reads
	p := &Page{t: t}
	p.inside(shared.take(t))
	require.NoError(t, chromedp.Listen(p.ctx, p.note))
	width, height := cmp.Or(o.Width, 1280), cmp.Or(o.Height, 900)
	Call(p, network.Enable, network.EnableParams{})
	Call(p, log.Enable, cdp.Empty{})
	Call(p, runtime.Enable, cdp.Empty{})
	Call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: o.NoScripts})
	Call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	scheme := map[bool]string{false: "light", true: "dark"}[o.Dark]
	Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	// Every page has the focus, as if nothing else were open.
	Call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	Do(p, chromedp.Navigate(address))
	return p
}

// inside puts the page into a tab, which it gives back as it is closed.
func (p *Page) inside(taken *tab) {
	ctx, leave := context.WithCancel(taken.ctx) // ends what listens
	p.tab, p.ctx = taken, ctx
	p.close = sync.OnceFunc(func() {
		leave()
		if p.t.Failed() { // whatever hangs there
			taken.close()
			return
		}
		shared.give(taken)
	})
	p.t.Cleanup(p.close)
}

// Close closes the page before its test ends, for a test that opens one after the other.
func (p *Page) Close() { p.close() }

// OpenFile opens a page from the disk, as a reader does who was sent it.
func OpenFile(t *testing.T, file string, o Options) *Page {
	t.Helper()
	path, err := filepath.Abs(file)
	require.NoError(t, err)
	return Open(t, (&url.URL{Scheme: "file", Path: path}).String(), o)
}

// OpenText opens a page that is written to a file first.
func OpenText(t *testing.T, html string, o Options) *Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, []byte(html), 0o600))
	return OpenFile(t, file, o)
}

// note keeps what the page says and asks for.
func (p *Page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, arg := range e.Args {
			p.messages = append(p.messages, string(e.Type)+": "+string(arg.Value)+arg.Description)
		}
	case *runtime.EventExceptionThrown:
		text := "exception: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			text += " " + thrown.Description
		}
		p.messages = append(p.messages, text)
	case *log.EventEntryAdded:
		p.messages = append(p.messages, string(e.Entry.Level)+": "+e.Entry.Text)
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	}
}

// Messages are what was written to the console so far: by scripts, and by the browser about the page.
func (p *Page) Messages() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.messages...)
}

// Requests are the URLs that were asked for so far, that of the page first; data within the page is none.
func (p *Page) Requests() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		if !strings.HasPrefix(r, "data:") {
			all = append(all, r)
		}
	}
	return all
}

// Do takes an action of chromedp, and is what comes of it.
func Do[T any](p *Page, action chromedp.Action[T]) T {
	p.t.Helper()
	result, err := chromedp.Run(p.ctx, action)
	require.NoError(p.t, err)
	return result
}

// Call sends a command of the DevTools protocol, and is its result.
func Call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	result, err := chromedp.Call(p.ctx, command, params)
	require.NoError(p.t, err, command.Method)
	return result
}

// Eval is what a JavaScript expression comes to, by way of JSON. A promise is waited for.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return Do(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Screenshot is a PNG of the whole page.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	return Do(p, chromedp.FullScreenshot(100))
}

// PDF is the page as it is printed.
func (p *Page) PDF() []byte {
	p.t.Helper()
	return Do(p, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
}
