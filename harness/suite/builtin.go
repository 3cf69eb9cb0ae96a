package suite

import (
	"bytes"
	_ "embed"
)

//go:embed builtin.yaml
var builtin []byte

// BuiltinYAML returns the text of the built-in suite.
func BuiltinYAML() []byte { return bytes.Clone(builtin) }

// Builtin returns the built-in suite: the documented capacity of the four phases.
func Builtin() *Suite {
	s, err := Parse("builtin.yaml", builtin)
	if err != nil {
		panic(err) // it is part of the program, and tested
	}
	return s
}
