package traffic

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/classify"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/importer"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/risk"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// The number of distinct requests of each kind, and their size.
const (
	importFiles   = 8
	importRows    = 250
	importBad     = 3 // bad rows of every second file
	portfolios    = 64
	maxPositions  = 12
	texts         = 256
	maxWordsAdded = 4
)

// makeImports cuts files out of the real one; every second has rows with a bad latitude,
// whose lines must come back.
func (s *Source) makeImports() error {
	rows := strings.Split(strings.TrimSpace(string(importer.Sample())), "\n")
	head, rows := rows[0], rows[1:]
	for n := range importFiles {
		from := s.random.IntN(len(rows) - importRows)
		chosen := append([]string{head}, rows[from:from+importRows]...)
		bad := map[int]bool{} // lines
		for n%2 == 1 && len(bad) < importBad {
			i := 1 + s.random.IntN(importRows)
			if bad[i+1] {
				continue
			}
			fields := strings.Split(chosen[i], ",")
			fields[1] = "north"
			chosen[i] = strings.Join(fields, ",")
			bad[i+1] = true
		}
		body := []byte(strings.Join(chosen, "\n") + "\n")
		report, err := importer.Import(bytes.NewReader(body))
		if err != nil {
			return err
		}
		if err := foundAll(report, bad); err != nil {
			return err
		}
		want, err := line(report)
		if err != nil {
			return err
		}
		s.imports = append(s.imports, &Request{Operation: Import, Method: http.MethodPost, Path: "/api/import",
			Header: http.Header{"Content-Type": {"text/csv"}}, Body: body, Check: nearly(want)})
	}
	return nil
}

// foundAll makes sure that what is expected is what was put into the file.
func foundAll(report importer.Report, bad map[int]bool) error {
	if report.Rows != importRows || report.Rejected != len(bad) || len(report.Errors) != len(bad) {
		return fmt.Errorf("%d rows with %d bad ones give %d rows, %d rejected", importRows, len(bad), report.Rows,
			report.Rejected)
	}
	for _, e := range report.Errors {
		if !bad[e.Line] || e.Column != "latitude" {
			return fmt.Errorf("line %d, %s: a fault that was not put there", e.Line, e.Column)
		}
	}
	return nil
}

func (s *Source) makeRisks() error {
	factors := risk.Factors()
	for range portfolios {
		r := risk.Request{
			Confidence: []float64{0.95, 0.975, 0.99}[s.random.IntN(3)], HorizonMonths: 1 + s.random.IntN(3),
		}
		for range 1 + s.random.IntN(maxPositions) {
			r.Positions = append(r.Positions, risk.Position{
				Factor: factors[s.random.IntN(len(factors))],
				Value:  float64(s.random.IntN(2_000_001) - 500_000),
			})
		}
		report, err := risk.Evaluate(r)
		if err != nil {
			return err
		}
		request, err := post(Risk, "/api/risk", r, report)
		if err != nil {
			return err
		}
		s.risks = append(s.risks, request)
	}
	return nil
}

// makeTexts varies the known memos: two of them are cut and put together.
func (s *Source) makeTexts() error {
	examples, model := classify.Examples(), classify.Default()
	for range texts {
		text := examples[s.random.IntN(len(examples))].Text
		other := strings.Fields(examples[s.random.IntN(len(examples))].Text)
		text = fmt.Sprintf("%s %s %04d", text, strings.Join(other[:min(len(other), s.random.IntN(maxWordsAdded))], " "),
			s.random.IntN(10_000))
		request, err := post(Classify, "/api/classify", wire.Classify{Text: text}, model.Classify(text))
		if err != nil {
			return err
		}
		s.texts = append(s.texts, request)
	}
	return nil
}

// post makes a request with a JSON body and what must be answered.
func post(operation, path string, request, want any) (*Request, error) {
	body, err := line(request)
	if err != nil {
		return nil, err
	}
	expected, err := line(want)
	if err != nil {
		return nil, err
	}
	return &Request{
		Operation: operation, Method: http.MethodPost, Path: path, Header: jsonHeader, Body: body,
		Check: nearly(expected),
	}, nil
}
