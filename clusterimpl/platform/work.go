package platform

import (
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/importer"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/risk"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// Bounds of what is worked on.
const (
	maxImport = 8 << 20 // bytes of a CSV file
	maxText   = 1000    // characters to classify
)

func (p *Platform) importFile(w http.ResponseWriter, r *http.Request) error {
	report, err := importer.Import(http.MaxBytesReader(w, r.Body, maxImport))
	var bad *importer.InputError
	switch {
	case errors.As(err, &bad):
		return &problem{
			status: http.StatusBadRequest, reason: bad.Reason, field: bad.Field, allowed: bad.Allowed, line: bad.Line,
		}
	case err != nil:
		return unreadable(err)
	}
	return answer(w, http.StatusOK, report)
}

func (p *Platform) risk(w http.ResponseWriter, r *http.Request) error {
	var portfolio risk.Request
	if err := decode(w, r, &portfolio); err != nil {
		return err
	}
	report, err := risk.Evaluate(portfolio)
	var bad *risk.InputError
	if errors.As(err, &bad) {
		return refuse(bad.Field, bad.Reason, bad.Allowed)
	}
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, report)
}

func (p *Platform) classify(w http.ResponseWriter, r *http.Request) error {
	var c wire.Classify
	if err := decode(w, r, &c); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(c.Text); n < 1 || n > maxText {
		return refuse("text", fmt.Sprintf("the text has %d characters", n), fmt.Sprintf("1 to %d characters", maxText))
	}
	return answer(w, http.StatusOK, p.model.Classify(c.Text))
}
