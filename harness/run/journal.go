package run

import (
	"github.com/nameplate-dev/nameplate/harness/archive"
)

// openJournal begins the journal, from which other processes see how far the run has come. A run goes on without one.
func (p *pipeline) openJournal() {
	var err error
	if p.journal, err = archive.OpenJournal(p.dir); err != nil {
		p.note("no other process can follow the run: %v", err)
	}
}

// write writes an event into the journal, but for those that say nothing new.
func (p *pipeline) write(e Event) {
	if (e.Stage == StageWarmup || e.Stage == StageMeasure) && e.Live == nil {
		return
	}
	p.journal.Add(archive.Progress{
		At: p.Now().UTC(), Stage: string(e.Stage), Phase: e.Phase.Number, Name: e.Phase.Name, Offered: e.Phase.Rate,
		Workers: e.Phase.Workers, Run: e.Run, Runs: e.Runs, Search: e.Search, Message: p.Secrets.Hide(e.Message),
		Left: e.Left, Live: e.Live,
	})
}
