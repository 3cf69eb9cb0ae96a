package harness

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Suite is a document's claims with all that is needed to put them to the test.
type Suite struct {
	parsed *suite.Suite
	ref    archive.SuiteRef
	dir    string // in which the files are looked for that it names
	phases []int  // that are driven unless the options name some; none: all
}

// Builtin is the built-in suite: what the cluster mode guide documents of the reference cluster.
func Builtin() *Suite {
	s := suite.Builtin()
	return &Suite{parsed: s, ref: archive.RefOf(s, "built-in", suite.BuiltinYAML())}
}

// Phase is the suite with the phase of that number alone. [Verify] refuses a number that the suite does not have.
func (s *Suite) Phase(number int) *Suite {
	one := *s
	one.phases = []int{number}
	return &one
}

// ReadSuite reads a suite file. The error names every problem with its line and what is allowed.
func ReadSuite(file string) (*Suite, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the suite: %w", err)
	}
	return parse(file, filepath.Dir(file), text)
}

// ParseSuite reads the text of a suite. The name stands for a file in errors and reports; files that
// the suite names are looked for in the working directory.
func ParseSuite(name string, text []byte) (*Suite, error) { return parse(name, "", text) }

func parse(name, dir string, text []byte) (*Suite, error) {
	s, err := suite.Parse(name, text)
	if err != nil {
		return nil, err
	}
	return &Suite{parsed: s, ref: archive.RefOf(s, name, text), dir: dir}, nil
}
