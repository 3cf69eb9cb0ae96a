package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// builtinName stands for the embedded suite where a file would be named.
const builtinName = "built-in"

// madeName stands for a suite that was made from flags, and stands in no file.
const madeName = "made for this run"

// suiteCommand groups the commands on suite files.
type suiteCommand struct {
	Print printSuite `cmd:"" default:"1" help:"Print the built-in suite."`
	Check checkSuite `cmd:"" help:"Check a suite file, and say everything that is wrong with it."`
}

type printSuite struct{}

func (printSuite) Run(c console) error {
	_, err := c.stdout.Write(suite.BuiltinYAML())
	return err
}

type checkSuite struct {
	File string `arg:"" help:"The suite file."`
}

func (k checkSuite) Run(c console) error {
	s, _, err := readSuite(k.File)
	if err != nil {
		return err
	}
	for _, old := range s.Deprecated {
		if _, err := fmt.Fprintln(c.stdout, old); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(c.stdout, "%s: suite %q with %d phases and %d claims\n", k.File, s.Name, len(s.Phases),
		len(s.Claims))
	return err
}

// readSuite reads a suite file, or the built-in one when none is named.
func readSuite(file string) (*suite.Suite, archive.SuiteRef, error) {
	data := suite.BuiltinYAML()
	if file == "" {
		file = builtinName
	} else {
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return nil, archive.SuiteRef{}, usageError{fmt.Errorf("read the suite: %w", err)}
		}
	}
	return parseSuite(file, data)
}

// parseSuite reads the text of a suite.
func parseSuite(file string, data []byte) (*suite.Suite, archive.SuiteRef, error) {
	s, err := suite.Parse(file, data)
	if err != nil {
		var problems *suite.Errors
		if errors.As(err, &problems) {
			return nil, archive.SuiteRef{}, usageError{fmt.Errorf("the suite cannot be used\n%w", err)}
		}
		return nil, archive.SuiteRef{}, usageError{err}
	}
	return s, archive.RefOf(s, file, data), nil
}
