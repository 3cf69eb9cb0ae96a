package suite

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Parse decodes and validates a suite file; the name is for messages only. The error is
// an [*Errors] with everything that is wrong.
func Parse(file string, data []byte) (*Suite, error) {
	text := strings.TrimPrefix(string(data), "\ufeff") // a byte order mark is no content
	r := &reader{source: newSource(file, text), good: map[string]position{}, places: map[string]position{}}
	root, ok := r.document(text)
	if !ok || !r.thisVersion(root) {
		return nil, r.err()
	}
	s, _ := suiteFormat.read(r, "", root)
	r.check(&s)
	if err := r.err(); err != nil {
		return nil, err
	}
	for i := range s.Phases {
		s.Phases[i].Group = cmp.Or(s.Phases[i].Group, GroupPhases)
	}
	return &s, nil
}

// thisVersion refuses a suite of another version of the format: what its keys mean is not known here.
func (r *reader) thisVersion(root ast.Node) bool {
	mapping, ok := root.(*ast.MappingNode)
	if !ok {
		return true
	}
	for _, v := range mapping.Values {
		text, number := numeralOf(v.Value)
		if v.Key.GetToken().Value == "version" && number && plainWhole.MatchString(text) && text != fmt.Sprint(Version) {
			r.report(place(v.Value), fmt.Sprintf("version: this program does not read version %s of the format", text), fmt.Sprint(Version))
			return false
		}
	}
	return true
}
