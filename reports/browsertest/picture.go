package browsertest

import (
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"
)

// Pictures names a folder for pictures of the pages that tests open, for somebody to look at; unset: none are kept.
const Pictures = "NAMEPLATE_PICTURES"

// highest is how much of a page a picture shows, in CSS pixels.
const highest = 2400

// Keep writes NAME.png, a picture of the page from its top, and with print NAME.pdf, the page as it is printed, into
// the folder of [Pictures], if there is one.
func (p *Page) Keep(name string, print bool) {
	p.t.Helper()
	folder := os.Getenv(Pictures)
	if folder == "" {
		return
	}
	size := Call(p, page.GetLayoutMetrics, cdp.Empty{}).CSSContentSize
	beyond := true
	shot := Call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip:                  &page.Viewport{Width: size.Width, Height: min(size.Height, highest), Scale: 1},
		CaptureBeyondViewport: &beyond,
	})
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".png"), shot.Data, 0o644))
	if print {
		require.NoError(p.t, os.WriteFile(filepath.Join(folder, name+".pdf"), p.PDF(), 0o644))
	}
}
