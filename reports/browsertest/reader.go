package browsertest

import (
	"encoding/json"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// Tab presses the tabulator key, which goes to what the keyboard reaches next.
func (p *Page) Tab() {
	p.t.Helper()
	Do(p, chromedp.KeyEvent(kb.Tab))
}

// Type presses the keys of a text.
func (p *Page) Type(text string) {
	p.t.Helper()
	Do(p, chromedp.KeyEvent(text))
}

// Print shows the page as it is printed from now on.
func (p *Page) Print() {
	p.t.Helper()
	Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

// Light shows the page on a screen from now on, in light colours.
func (p *Page) Light() {
	p.t.Helper()
	Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
}

// Dark makes the reader prefer dark colours from now on.
func (p *Page) Dark() {
	p.t.Helper()
	Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
}

// Reload opens the page's present address anew.
func (p *Page) Reload() {
	p.t.Helper()
	Do(p, chromedp.Reload())
}

// Heard is something of the page as those hear it who do not see it.
type Heard struct {
	Role string // e.g. "button"
	Name string // "" when it has none
}

// Heard is the page's accessibility tree, in its order, without what is not told.
func (p *Page) Heard() (all []Heard) {
	p.t.Helper()
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			require.NoError(p.t, json.Unmarshal(v.Value, &s))
		}
		return s
	}
	tree := Call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	for _, n := range tree.Nodes {
		if !n.Ignored {
			all = append(all, Heard{text(n.Role), text(n.Name)})
		}
	}
	return all
}
