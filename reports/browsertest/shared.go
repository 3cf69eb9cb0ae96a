package browsertest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

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

// tab is a new tab, until the test ends. The test skips by name where there is no Chromium.
func (b *browser) tab(t *testing.T) context.Context {
	t.Helper()
	b.once.Do(b.start)
	if b.path == "" {
		needs.Absent(t, "chromium", "", "none of "+strings.Join(names, ", ")+" is on the path")
	}
	require.NoError(t, b.err, "start "+b.path)
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	require.NoError(t, chromedp.Do(ctx), "open a tab")
	return ctx
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
