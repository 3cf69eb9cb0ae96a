package page

import (
	_ "embed"
	"html/template"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/flame"
	"github.com/nameplate-dev/nameplate/reports/script"
)

//go:embed live.js
var liveSource string

// liveScript is the script as pages have it: without indentation, and without lines that are comments.
var liveScript = func() string {
	var text strings.Builder
	for line := range strings.Lines(liveSource) {
		if line = strings.TrimLeft(line, " "); line != "\n" && !strings.HasPrefix(line, "//") {
			text.WriteString(line)
		}
	}
	return text.String()
}()

//go:embed live.css
var liveStyle string

// hooks are what a page has within it so that its charts come alive.
type hooks struct {
	Data    template.JS   // JSON; "" when there is nothing to draw: the page then has no script
	Scripts []template.JS // in the order in which they run
	Styles  []template.CSS
	Policy  string // content security policy of the page
}

// hooksOf are the hooks of a page with these style sheets of its own; of one with profiles, too, which can be zoomed.
func hooksOf(all live, profiled bool, styles ...string) (hooks, error) {
	var scripts []string
	data, err := all.embedded()
	if err != nil {
		return hooks{}, err
	}
	if data != "" {
		library, err := script.UPlot()
		if err != nil {
			return hooks{}, err
		}
		its, err := script.UPlotStyle()
		if err != nil {
			return hooks{}, err
		}
		scripts, styles = []string{library, liveScript}, append(styles, its, liveStyle)
		if profiled {
			scripts = append(scripts, flame.Zoom)
		}
	}
	h := hooks{Data: template.JS(data), Policy: script.Policy(scripts, styles)}
	for _, s := range scripts {
		h.Scripts = append(h.Scripts, template.JS(s))
	}
	for _, s := range styles {
		h.Styles = append(h.Styles, template.CSS(s))
	}
	return h, nil
}
