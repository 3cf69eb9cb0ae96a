package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/regress/hotspot"
	"github.com/nameplate-dev/nameplate/reports"
	"github.com/nameplate-dev/nameplate/reports/flame"
	"github.com/nameplate-dev/nameplate/reports/page"
	"github.com/nameplate-dev/nameplate/reports/schema"
)

// sampled is what the processes of one build spent.
type sampled struct {
	served    float64 // requests
	processes []sampledProcess
}

// sampledProcess is the profile of one process.
type sampledProcess struct {
	name, role string // of its file; of the process, several of a kind together
	text       []byte
}

// readSamples reads the profiles in a folder.
func readSamples(folder string, served float64) (sampled, error) {
	s := sampled{served: served}
	found, err := filepath.Glob(filepath.Join(folder, "*.pprof"))
	if err == nil && len(found) == 0 {
		err = errors.New("its processes left no profile")
	}
	if err != nil {
		return s, err
	}
	for _, file := range found {
		text, err := os.ReadFile(file)
		if err != nil {
			return s, err
		}
		p := sampledProcess{name: filepath.Base(file), role: "workers", text: text}
		if strings.Contains(p.name, "primary-") {
			p.role = "primary"
		}
		s.processes = append(s.processes, p)
	}
	return s, nil
}

// alike leaves out the processes of a role that one side alone has profiles of: older builds profile their workers
// alone.
func alike(sides *[2]sampled) {
	both := func(role string) bool {
		of := func(p sampledProcess) bool { return p.role == role }
		return slices.ContainsFunc(sides[0].processes, of) && slices.ContainsFunc(sides[1].processes, of)
	}
	shared := map[string]bool{"workers": both("workers"), "primary": both("primary")}
	for i := range sides {
		sides[i].processes = slices.DeleteFunc(sides[i].processes,
			func(p sampledProcess) bool { return !shared[p.role] })
	}
}

// hotspots are the places where the processes spent their time.
func (s sampled) hotspots() (*hotspot.Profile, error) {
	var texts []io.Reader
	for _, p := range s.processes {
		texts = append(texts, bytes.NewReader(p.text))
	}
	return hotspot.Read(archive.Module, s.served, texts...)
}

// graph is what the processes spent, by call path.
func (s sampled) graph() (*flame.Graph, error) {
	g := flame.New(s.served)
	for _, p := range s.processes {
		if err := g.AddProfile(p.role, p.text); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// documents are the profiles as they are printed.
func documents(all []profiledPhase) []schema.Profiled {
	var documents []schema.Profiled
	for _, one := range all {
		documents = append(documents, one.Profiled)
	}
	return documents
}

// flames writes the page of flame graphs, where one is wanted: of two builds, or of two archived runs.
func (k compareCommand) flames(built bool, all []profiledPhase) error {
	switch {
	case k.Flame == "":
		return nil
	case built:
		return writeFlames(k.Flame, k.Base, k.Head, flamesOf(all))
	}
	var runs [2]*archive.Run
	for i, name := range []string{k.Base, k.Head} {
		var err error
		if runs[i], err = archive.Load(name); err != nil {
			return usageError{
				fmt.Errorf("--flame: %w; allowed: two runs of verify --profile, or two git revisions", err),
			}
		}
	}
	shown, err := reports.Flames(runs[0], runs[1])
	if err != nil {
		return usageError{fmt.Errorf("--flame: %w", err)}
	}
	return writeFlames(k.Flame, k.Base, k.Head, shown)
}

// flamesOf are the profiles as the page shows them.
func flamesOf(all []profiledPhase) []page.Flames {
	var shown []page.Flames
	for _, one := range all {
		f := page.Flames{Phase: one.Phase, Missing: one.Missing}
		var err error
		if f.Missing == "" {
			if f.Base, err = one.sides[0].graph(); err == nil {
				f.Head, err = one.sides[1].graph()
			}
		}
		if err != nil {
			f.Missing = err.Error()
		}
		shown = append(shown, f)
	}
	return shown
}

// writeFlames writes the page of flame graphs of two sides, which are named.
func writeFlames(file, base, head string, all []page.Flames) error {
	var b bytes.Buffer
	if err := page.WriteFlames(&b, base, head, all); err != nil {
		return err
	}
	return keep(filepath.Dir(file), filepath.Base(file), b.Bytes())
}
