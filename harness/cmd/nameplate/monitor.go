package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/nameplate-dev/nameplate/harness/monitor"
)

// monitorCommand shows a running cluster.
type monitorCommand struct {
	URL      string        `arg:"" optional:"" default:"http://127.0.0.1:3001" help:"Base address of the cluster."`
	Interval time.Duration `help:"Time between two samples, 100ms to 1h." default:"1s"`
	Count    int           `help:"End after so many samples; 0 goes on until it is interrupted." default:"0"`
	JSON     bool          `help:"Print one JSON object per sample." name:"json"`
}

// Run takes samples until it is told to stop.
func (m monitorCommand) Run(c console) error {
	address, err := url.Parse(m.URL)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		return usageError{fmt.Errorf("%q is no address of a cluster: want e.g. http://127.0.0.1:3001", m.URL)}
	}
	if m.Interval < 100*time.Millisecond || m.Interval > time.Hour || m.Count < 0 {
		return usageError{
			fmt.Errorf("--interval %v or --count %d is not possible: want 100ms to 1h, and 0 or more", m.Interval,
				m.Count),
		}
	}
	cluster := monitor.New(m.URL, max(m.Interval, time.Second), time.Now)
	ticker := time.NewTicker(m.Interval)
	defer ticker.Stop()
	show := m.display(c)
	for n := 1; ; n++ {
		if err := show(cluster.Sample(c.ctx)); err != nil {
			return err
		}
		if n == m.Count {
			return nil
		}
		select {
		case <-ticker.C:
		case <-c.ctx.Done():
			return nil
		}
	}
}

// display is how a sample is shown: redrawn in place with sparklines on a terminal.
func (m monitorCommand) display(c console) func(monitor.Sample) error {
	if m.JSON {
		encoder := json.NewEncoder(c.stdout)
		return func(l monitor.Sample) error { return encoder.Encode(l) }
	}
	const clear = "\x1b[H\x1b[2J"
	_, terminal := terminalOf(c.stdout)
	var h monitor.History
	return func(l monitor.Sample) error {
		h.Add(l)
		text := h.Text(l, terminal)
		if terminal {
			text = clear + text
		}
		_, err := io.WriteString(c.stdout, text)
		return err
	}
}
