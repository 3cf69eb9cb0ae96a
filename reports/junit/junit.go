// Package junit writes a report as JUnit XML, which most CI systems show: a test suite for
// each phase, a test case for each claim.
//
// A refuted claim is a failure. One without a verdict (inconclusive, invalid, not judged) is
// an error, since it is no pass; one that the host cannot test is skipped. The form is that of
// the Jenkins xUnit plugin's junit-10.xsd.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr,omitempty"` // not known of a run that did not end
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr"`
	Time       string     `xml:"time,attr"`
	Timestamp  string     `xml:"timestamp,attr"`
	Hostname   string     `xml:"hostname,attr"`
	ID         int        `xml:"id,attr"`
	Properties []property `xml:"properties>property"`
	Cases      []testcase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Name      string   `xml:"name,attr"`
	Classname string   `xml:"classname,attr"`
	Time      string   `xml:"time,attr"`
	Skipped   *skipped `xml:"skipped,omitempty"`
	Error     *problem `xml:"error,omitempty"`
	Failure   *problem `xml:"failure,omitempty"`
	Out       string   `xml:"system-out,omitempty"`
}

type skipped struct {
	Message string `xml:"message,attr"`
}

type problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func problemOf(r judge.Result, why string) *problem {
	return &problem{why, r.Verdict.String(), strings.Join(figures.CleanAll(r.Reasons), "\n")}
}

// Write writes the report.
func Write(w io.Writer, r *figures.Report) error {
	all := suites{Name: figures.Clean(r.Run.Suite.Name)}
	if took := r.Run.Ended.Sub(r.Run.Started); !r.Run.Ended.IsZero() && took >= 0 {
		all.Time = seconds(took)
	}
	for i, p := range r.Phases {
		s := suiteOf(r, p, i)
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func suiteOf(r *figures.Report, p figures.Phase, id int) suite {
	s := suite{
		Name: p.Label(), Time: seconds(took(p)), Timestamp: r.Run.Started.UTC().Format("2006-01-02T15:04:05"),
		Hostname: "localhost", ID: id, Properties: []property{
			{"stores", p.On()}, {"host", r.Host()}, {"build", r.Build()}, {"run", figures.Clean(r.Run.ID)},
		},
	}
	for _, result := range p.Results {
		c := testcase{
			Name: figures.Clean(result.Claim), Classname: "nameplate." + figures.Clean(r.Run.Suite.Name),
			Time: seconds(0),
			Out:  fmt.Sprintf("documented %s, measured %s", figures.Documented(result), figures.Measured(result)),
		}
		why := strings.Join(figures.Why(result), "; ")
		s.Tests++
		switch result.Verdict {
		case judge.Verified:
		case judge.Untestable:
			c.Skipped, s.Skipped = &skipped{why}, s.Skipped+1
		case judge.Refuted:
			c.Failure, s.Failures = problemOf(result, why), s.Failures+1
		default:
			c.Error, s.Errors = problemOf(result, why), s.Errors+1
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

// took is how long the phase's runs were under load.
func took(p figures.Phase) time.Duration {
	var sum time.Duration
	for _, r := range p.Runs {
		if r.Window != nil {
			sum += r.Window.End
		}
	}
	return sum
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
