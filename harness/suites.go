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
	return &Suite{s, archive.RefOf(s, name, text), dir}, nil
}
