package suite

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// Warmup says how long the load is offered before the measurement window. The window begins once the system is
// warm, but neither before Least nor after Most.
type Warmup struct {
	Least time.Duration // in the range [0, MaxWarmup]
	Most  time.Duration // at least Least; the same makes it a fixed warm-up
}

// FixedWarmup is a warm-up of a given length.
func FixedWarmup(length time.Duration) Warmup { return Warmup{length, length} }

// Fixed reports whether the warm-up has a given length.
func (w Warmup) Fixed() bool { return w.Least == w.Most }

// String says how long it takes, e.g. "2 s" or "2 s to 30 s".
func (w Warmup) String() string {
	if w.Fixed() {
		return FormatDuration(w.Least)
	}
	return FormatDuration(w.Least) + " to " + FormatDuration(w.Most)
}

// warmupFormat is a duration, or a mapping of the least and the most.
type warmupFormat struct{}

var (
	fixedWarmup   = duration(0, MaxWarmup)
	boundedWarmup = form.Object[Warmup]{
		Name: "the warm-up", About: "The measurement window begins once the system is warm, within these bounds.",
		Fields: []form.Field[Warmup]{
			form.Must("least", "No window begins before.",
				duration(0, MaxWarmup), func(w *Warmup) *time.Duration { return &w.Least }),
			form.Must("most", "By then it begins, warm or not.",
				duration(0, MaxWarmup), func(w *Warmup) *time.Duration { return &w.Most }),
		},
	}
)

func (warmupFormat) Read(r *form.Reader, path string, n ast.Node) (Warmup, bool) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		length, ok := fixedWarmup.Read(r, path, n)
		return FixedWarmup(length), ok
	}
	w, ok := boundedWarmup.Read(r, path, n)
	if ok && w.Most < w.Least {
		r.Wrong(path, n, fmt.Sprintf("most is %s, least is %s", FormatDuration(w.Most), FormatDuration(w.Least)),
			"most no shorter than least")
		return w, false
	}
	return w, ok
}

func (warmupFormat) Schema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{fixedWarmup.Schema(), boundedWarmup.Schema()}}
}
