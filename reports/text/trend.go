package text

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
)

// Trend writes what changed, when, by how much and how sure that is. left names the figures that were left out.
func Trend(out io.Writer, r trend.Report, left []string) error {
	steps, err := trendSteps(out, r)
	if err != nil {
		return err
	}
	if steps+trendDrifts(out, r) == 0 {
		fmt.Fprintln(out, "no change detected")
	}
	_, err = fmt.Fprintf(out, "\n%d series judged, %d too short, %d too noisy\n",
		r.Count(trend.Judged), r.Count(trend.TooShort), r.Count(trend.TooNoisy))
	for _, name := range left {
		fmt.Fprintf(out, "left out, since it is 0 at times: %s\n", name)
	}
	return err
}

// trendSteps writes a table of the sudden changes, and returns how many there are.
func trendSteps(out io.Writer, r trend.Report) (steps int, err error) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, one := range r.Results {
		for _, c := range one.Changes {
			if steps++; steps == 1 {
				fmt.Fprintln(w, "WHAT\tSERIES\tUNIT\tBY\tFROM\tTO\tLAST BEFORE\tFIRST AFTER\tCONFIDENCE")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%+.1f %%\t%.5g\t%.5g\t%s\t%s\t%s\n", changeKind(one.Series, c), one.Series.Name,
				one.Series.Unit, 100*(c.Ratio()-1), c.Before, c.After, c.Last, c.Point, confidence(c))
		}
	}
	return steps, w.Flush()
}

// trendDrifts writes the slow changes, and returns how many there are.
func trendDrifts(out io.Writer, r trend.Report) (drifts int) {
	for _, one := range r.Results {
		d := one.Drift
		if d == nil {
			continue
		}
		drifts++
		if d.Known != "" {
			fmt.Fprintf(out, "drift, acknowledged (%s): %s %s\n", d.Known, one.Series.Name, one.Series.Unit)
			continue
		}
		worse := ""
		if d.Worse {
			worse = " for the worse"
		}
		fmt.Fprintf(out, "drift%s: %s %s, %+.1f %% over %d data points (%+.3f %% each, p %.2g)\n", worse,
			one.Series.Name, one.Series.Unit, 100*d.Total, len(one.Series.Values)-d.From, 100*d.PerPoint, d.P)
	}
	return drifts
}

// changeKind says in a word what a change means.
func changeKind(s trend.Series, c trend.Change) string {
	switch {
	case c.Known != "":
		return "known"
	case c.Worse:
		return "worse"
	case s.Better == 0:
		return "changed"
	default:
		return "better"
	}
}

func confidence(c trend.Change) string {
	switch {
	case c.Known != "":
		return "acknowledged: " + c.Known
	case !c.Confirmed:
		return "provisional, too few data points since"
	default:
		return fmt.Sprintf("confirmed, p %.2g", c.P)
	}
}

// SelfTest writes how the detection of changes fares on histories of which the truth is known: false alarms, and
// the share of steps that are found.
func SelfTest(out io.Writer, all []trend.Tested) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERIES\tSTEP\tFALSE ALARMS\tFOUND\tINTERVAL AT 95 %")
	for _, t := range all {
		if t.Error != "" {
			fmt.Fprintf(w, "%s %s\t%s\n", t.Series, t.Unit, t.Error)
		}
		for _, one := range t.Trials {
			found := ""
			if one.Step > 0 {
				found = fmt.Sprintf("%.1f %%", share(one.Found, one.Histories))
			}
			fmt.Fprintf(w, "%s %s\t%.0f %%\t%.1f %%\t%s\t%.1f–%.1f %%\n", t.Series, t.Unit, 100*one.Step,
				share(one.Alarms, one.Histories), found, 100*one.Low, 100*one.High)
		}
	}
	return w.Flush()
}

// share is a part of a whole in per cent.
func share(part, whole int) float64 { return 100 * float64(part) / float64(whole) }
