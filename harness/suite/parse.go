package suite

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// aSuite is the form of a suite file.
var aSuite = form.Form{Name: "suite", Wanted: `one YAML document in UTF-8 that starts with "version: 1"`}

// MaxFile bounds a suite file, in bytes; the built-in suite has about 8 KiB.
const MaxFile = form.MaxFile

// What is wrong with a file, or with one value.
type (
	// Problem is one thing that is wrong with a suite file.
	Problem = form.Problem
	// Errors is everything that is wrong with a suite file.
	Errors = form.Errors
	// ValueError says why a text is not the value that it should be.
	ValueError = form.ValueError
)

// reader reads a suite and holds its values against one another.
type reader struct{ *form.Reader }

// Parse decodes and validates a suite file; the name is for messages only. The error is
// an [*Errors] with everything that is wrong.
func Parse(file string, data []byte) (*Suite, error) {
	text := strings.TrimPrefix(string(data), "\ufeff") // a byte order mark is no content
	r := reader{form.NewReader(aSuite, file, text)}
	root, ok := r.Document(text)
	if !ok || !r.thisVersion(root) {
		return nil, r.Err()
	}
	s, _ := suiteFormat.Read(r.Reader, "", root)
	r.check(&s)
	if err := r.Err(); err != nil {
		return nil, err
	}
	s.Deprecated = r.Outdated()
	for i := range s.Phases {
		s.Phases[i].Group = cmp.Or(s.Phases[i].Group, GroupPhases)
	}
	return &s, nil
}

// thisVersion refuses a suite of another version of the format: what its keys mean is not known here.
func (r reader) thisVersion(root ast.Node) bool {
	mapping, ok := root.(*ast.MappingNode)
	if !ok {
		return true
	}
	for _, v := range mapping.Values {
		text, number := form.NumeralOf(v.Value)
		if v.Key.GetToken().Value == "version" && number && form.IsWhole(text) && text != fmt.Sprint(Version) {
			r.Report(form.PlaceOf(v.Value),
				fmt.Sprintf("version: this program does not read version %s of the format", text), fmt.Sprint(Version))
			return false
		}
	}
	return true
}
