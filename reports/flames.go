package reports

import (
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/flame"
	"github.com/nameplate-dev/nameplate/reports/page"
)

// Flames are the profiles of two runs, of each phase that both were profiled in.
func Flames(base, head *archive.Run) ([]page.Flames, error) {
	var graphs [2]map[int]*flame.Graph
	var order []int
	for side, run := range []*archive.Run{base, head} {
		graphs[side] = map[int]*flame.Graph{}
		r, err := figures.Of(run)
		if err != nil {
			return nil, fmt.Errorf("report run: %w", err)
		}
		for _, p := range r.Phases {
			g, err := flame.Of(p)
			if err != nil {
				return nil, fmt.Errorf("run %s: %w", figures.Clean(run.ID), err)
			}
			if g != nil {
				graphs[side][p.Number] = g
				order = append(order, p.Number)
			}
		}
	}
	var all []page.Flames
	for _, number := range order[:len(graphs[0])] {
		if head := graphs[1][number]; head != nil {
			all = append(all, page.Flames{Phase: number, Base: graphs[0][number], Head: head})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the runs %s and %s have no profiles of the same phase; "+
			"allowed: runs of verify --profile", figures.Clean(base.ID), figures.Clean(head.ID))
	}
	return all, nil
}
