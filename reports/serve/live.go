package serve

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/nameplate-dev/nameplate/reports/index"
	"github.com/nameplate-dev/nameplate/reports/script"
)

// quietTicks is how many seconds may pass without a word to a client.
const quietTicks = 15

//go:embed live.html
var liveSource string

//go:embed live.css
var liveStyle string

//go:embed live.js
var liveScript string

var liveLayout = template.Must(template.New("live").Parse(liveSource))

// liveContent is what the live page is made of.
type liveContent struct {
	View    view
	Scripts []template.JS
	Styles  []template.CSS
}

// livePage shows the run that is going on. Without scripts it shows how things stood when it was asked for.
func (s *server) livePage(w http.ResponseWriter, _ *http.Request) {
	plot, err := script.UPlot()
	if err != nil {
		fail(w, err)
		return
	}
	plotStyle, err := script.UPlotStyle()
	if err != nil {
		fail(w, err)
		return
	}
	policy(w, script.Policy([]string{plot, liveScript}, []string{index.Style, plotStyle, liveStyle}, "'self'"))
	_ = liveLayout.Execute(w, liveContent{
		View:    s.live.view(&cursor{}),
		Scripts: []template.JS{template.JS(plot), template.JS(liveScript)},
		Styles:  []template.CSS{template.CSS(index.Style), template.CSS(plotStyle), template.CSS(liveStyle)},
	}) // who does not take it does not want it
}

// events sends how things stand, once a second, until the client or the server goes (server-sent events).
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	if !s.viewers.TryAcquire(1) {
		w.Header().Set("Retry-After", "10")
		http.Error(w, fmt.Sprintf("%d viewers are the most that are served at once.", mostViewers),
			http.StatusServiceUnavailable)
		return
	}
	defer s.viewers.Release(1)
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	stream := stream{w: w, control: http.NewResponseController(w)}
	tick := time.NewTicker(every)
	defer tick.Stop()
	stream.send("retry: 2000\n\n")
	for have := (cursor{}); stream.err == nil; {
		stream.state(s.live.view(&have))
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// stream is an answer that goes on.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	said    string // the newest state, without its points
	quiet   int    // ticks since anything was sent
	err     error
}

// state sends a state, unless the client knows it.
func (s *stream) state(v view) {
	text, err := json.Marshal(v)
	if err != nil {
		s.err = err
		return
	}
	points := len(v.Points) > 0 || v.Fresh
	v.Points, v.Fresh = nil, false
	known, _ := json.Marshal(v) // as above
	switch {
	case points || s.said != string(known):
		s.said = string(known)
		s.send("data: " + string(text) + "\n\n")
	case s.quiet >= quietTicks:
		s.send(": still here\n\n")
	default:
		s.quiet++
	}
}

// supported is an error, but for that a writer of a test cannot do something.
func supported(err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// send sends a text at once, to a client that takes it in time.
func (s *stream) send(text string) {
	s.quiet = 0
	s.err = supported(s.control.SetWriteDeadline(time.Now().Add(eventTime)))
	if s.err == nil {
		_, s.err = s.w.Write([]byte(text))
	}
	if s.err == nil {
		s.err = supported(s.control.Flush())
	}
}
