package reports_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/reports"
)

// element is what readers of JUnit XML take of one: those of the Jenkins xUnit plugin.
type element struct {
	needs, may []string // attributes
	children   []string
	text       bool
}

var problem = element{may: []string{"message", "type"}, text: true}

var junitForm = map[string]element{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "errors"}, []string{"testsuite"}, false},
	"testsuite": {
		[]string{"name", "tests", "failures", "errors"},
		[]string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
		[]string{"testsuite", "properties", "testcase", "system-out", "system-err"}, false,
	},
	"properties": {nil, nil, []string{"property"}, false},
	"property":   {[]string{"name", "value"}, nil, nil, false},
	"testcase": {[]string{"name"}, []string{"time", "classname", "group"},
		[]string{"skipped", "error", "failure", "system-out", "system-err"}, false},
	"skipped": problem, "error": problem, "failure": problem,
	"system-out": {text: true}, "system-err": {text: true},
}

var junitTime = regexp.MustCompile(`^\d+\.\d{3}$`)

// checkJUnit says everything that is wrong with the form of a text.
func checkJUnit(text string) error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	var path []string
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return errors.Join(errs...)
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			form, known := junitForm[name]
			switch {
			case !known:
				wrong("unknown element %s", name)
			case len(path) == 0 && name != "testsuites" ||
				len(path) > 0 && !slices.Contains(junitForm[path[len(path)-1]].children, name):
				wrong("%s in %q", name, path)
			}
			has := map[string]bool{}
			for _, a := range token.Attr {
				has[a.Name.Local] = true
				if !slices.Contains(form.needs, a.Name.Local) && !slices.Contains(form.may, a.Name.Local) {
					wrong("%s has no attribute %s", name, a.Name.Local)
				}
				if a.Name.Local == "time" && !junitTime.MatchString(a.Value) {
					wrong("%s: time %q", name, a.Value)
				}
			}
			for _, need := range form.needs {
				if !has[need] {
					wrong("%s lacks %s", name, need)
				}
			}
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) > 0 && !junitForm[path[len(path)-1]].text && strings.TrimSpace(string(token)) != "" {
				wrong("text in %s: %q", path[len(path)-1], token)
			}
		}
	}
}

func TestJUnitKeepsToTheForm(t *testing.T) {
	invalid := archivetest.Sample(1)
	for i := range invalid.Phases[0].Trials {
		invalid.Phases[0].Trials[i].Faults = []string{`a store fell over: "x" < y & z`}
	}
	require.NoError(t, invalid.Judge())
	for name, text := range map[string]string{
		"verified": formatted(t, reports.JUnit, archivetest.Sample(1)),
		"mixed":    formatted(t, reports.JUnit, mixed(t)),
		"invalid":  formatted(t, reports.JUnit, invalid),
	} {
		assert.NoError(t, checkJUnit(text), name)
	}
	for _, bad := range []string{
		`<testsuite name="x"/>`, `<testsuites><testcase name="x"/></testsuites>`, `<testsuites time="1"/>`,
		`<testsuites>text</testsuites>`,
		`<testsuites><testsuite name="x" tests="1" failures="0" errors="0" colour="red"/></testsuites>`,
		`<testsuites><testsuite name="x" tests="1" failures="0"/></testsuites>`,
	} {
		assert.Error(t, checkJUnit(bad), bad)
	}
}
