package screen

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// frame asks for a new view of the screen.
type frame struct{}

// model is the screen as bubbletea knows it. What it shows changes with a [frame], or when the terminal's size does.
type model struct {
	screen        *Screen
	width, height int
	content       string
}

// Init implements [tea.Model].
func (m model) Init() tea.Cmd { return nil }

// Update implements [tea.Model].
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case frame:
	default:
		return m, nil
	}
	m.content = m.screen.view(m.width, m.height)
	return m, nil
}

// View implements [tea.Model]. The cursor stands in an empty line below, where what others write, and the end of a
// killed process, does no harm.
func (m model) View() tea.View {
	v := tea.NewView(m.content)
	v.DisableBracketedPasteMode = true
	v.Cursor = tea.NewCursor(0, 0)
	if m.content != "" {
		v.SetContent(m.content + "\n")
		v.Cursor.Y = 1 + strings.Count(m.content, "\n")
	}
	return v
}

// view is what the terminal is to show; "" at the end.
func (s *Screen) view(width, height int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.width = width
	if s.closed {
		return ""
	}
	return s.state.view(width, height)
}

// wrap breaks a line that is wider than the terminal. The last column stays free: a terminal that is to erase the rest
// of a full line may erase the line's last character.
func wrap(line string, width int) []string {
	if width < 2 {
		return []string{line}
	}
	return strings.Split(ansi.WrapWc(line, width-1, ""), "\n")
}
