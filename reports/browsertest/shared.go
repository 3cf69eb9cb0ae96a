package browsertest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/internal/needs"
)

// names are those under which Chromium is installed.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// startTime is more than any browser takes to start, on the busiest host.
const startTime = 10 * time.Minute

// shared is the browser of all tests of a package: to start one takes longer than most tests.
var shared browser

// browser is a browser that starts when it is first needed.
type browser struct {
	once    sync.Once
	path    string
	ctx     context.Context
	err     error
	profile string // folder
	stop    []context.CancelFunc

	mu   sync.Mutex
	idle []*tab // that a test has given back
}

// tab is a tab in a profile of its own. To open one takes five times as long as to open a page in it, so that tests
// take over one another's.
type tab struct {
	ctx   context.Context
	close context.CancelFunc
}

// Ending is the tests of a package that opens pages, which end their browser when they are done:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(browsertest.Ending(m)) }
func Ending(m *testing.M) goleak.TestingM { return ending{m} }

type ending struct{ m *testing.M }

// Run runs the tests.
func (e ending) Run() int {
	defer shared.end()
	return e.m.Run()
}

// take is an empty tab. The test skips by name where there is no Chromium.
func (b *browser) take(t *testing.T) *tab {
	t.Helper()
	b.once.Do(b.start)
	if b.path == "" {
		needs.Absent(t, "chromium", "", "none of "+strings.Join(names, ", ")+" is on the path")
	}
	require.NoError(t, b.err, "start "+b.path)
	if left := b.left(); left != nil {
		return left
	}
	fresh := &tab{}
	fresh.ctx, fresh.close = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	require.NoError(t, chromedp.Do(fresh.ctx), "open a tab")
	return fresh
}

// left is a tab that a test has given back, nil when there is none.
func (b *browser) left() *tab {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := len(b.idle) - 1
	if last < 0 {
		return nil
	}
	taken := b.idle[last]
	b.idle = b.idle[:last]
	return taken
}

// give takes a tab back, without anything of what was in it: what cannot be emptied is closed.
func (b *browser) give(used *tab) {
	if used.empty() != nil {
		used.close()
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = append(b.idle, used)
}

// forget empties what a page has stored; one without an origin has no storage.
const forget = `(() => { try { localStorage.clear(); sessionStorage.clear() } catch {} return true })()`

// empty leaves the page that is open, and forgets it. What [Open] sets anew stays.
func (u *tab) empty() error {
	enabled := emulation.SetScriptExecutionDisabledParams{}
	_, scripts := chromedp.Call(u.ctx, emulation.SetScriptExecutionDisabled, enabled)
	_, stored := chromedp.Run(u.ctx, chromedp.Evaluate[bool](forget))
	_, left := chromedp.Run(u.ctx, chromedp.Navigate("about:blank"))
	_, history := chromedp.Call(u.ctx, page.ResetNavigationHistory, cdp.Empty{})
	_, cookies := chromedp.Call(u.ctx, network.ClearBrowserCookies, cdp.Empty{})
	_, cache := chromedp.Call(u.ctx, network.ClearBrowserCache, cdp.Empty{})
	return errors.Join(scripts, stored, left, history, cookies, cache)
}

// start starts the browser. It ends with this process, whatever ends that.
func (b *browser) start() {
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			b.path = found
			break
		}
	}
	if b.path == "" {
		return
	}
	if b.profile, b.err = os.MkdirTemp("", "nameplate-browser-"); b.err != nil {
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(b.path),
		chromedp.UserDataDir(b.profile), chromedp.WSURLReadTimeout(startTime))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which Chromium refuses to root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	b.ctx, b.stop = ctx, []context.CancelFunc{cancel, stop}
	b.err = chromedp.Do(ctx)
}

// end ends the browser, if there is one.
func (b *browser) end() {
	if b.ctx != nil {
		_ = chromedp.Cancel(b.ctx)
	}
	for _, stop := range b.stop {
		stop()
	}
	if b.profile != "" {
		_ = os.RemoveAll(b.profile)
	}
}
