package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

//go:embed trend.html
var trendSource string

var trendLayout = template.Must(template.Must(layout.Clone()).New("trend").Parse(trendSource))

// mostDrawn is how many series without a change are drawn.
const mostDrawn = 60

// history is what the page of a history shows.
type history struct {
	Summary, Points, First, Last string
	Judged, TooShort, TooNoisy   int
	Moved, Rest                  []image
	More                         int
	Left                         []string
}

// WriteTrend writes the page of a judged history: a chart of each series, those that moved first. left names the
// figures that were left out.
func WriteTrend(w io.Writer, r trend.Report, left []string) error {
	h := history{
		Judged: r.Count(trend.Judged), TooShort: r.Count(trend.TooShort), TooNoisy: r.Count(trend.TooNoisy), Left: left,
		First: figures.Unknown, Last: figures.Unknown,
	}
	most := 0
	for i, one := range r.Results {
		if n := len(one.Series.Values); n > most {
			most = n
			if len(one.Series.Points) == n {
				h.First, h.Last = one.Series.Points[0], one.Series.Points[n-1]
			}
		}
		switch drawn := imageOf(chart.Trend(i+1, one)); {
		case len(one.Changes) > 0 || one.Drift != nil:
			h.Moved = append(h.Moved, drawn)
		case len(h.Rest) < mostDrawn:
			h.Rest = append(h.Rest, drawn)
		default:
			h.More++
		}
	}
	h.Points = figures.Plural(most, "data point")
	h.Summary = fmt.Sprintf("%d of %d series moved", len(h.Moved), len(r.Results))
	if r.Worse() {
		h.Summary += ", a figure for the worse"
	}
	if err := trendLayout.Execute(w, h); err != nil {
		return fmt.Errorf("write the page of the trend: %w", err)
	}
	return nil
}
