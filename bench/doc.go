// Package bench drives each phase of the built-in suite by go test -bench, through the same pipeline as
// the command. It holds no logic of its own.
package bench
