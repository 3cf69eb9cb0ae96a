package harness

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// otherWords are the files in which "cpu", "memory" and "rate" are no metrics: the table itself, the keys of a phase,
// and the controllers of a control group.
var otherWords = []string{"harness/suite/metric.go", "harness/suite/format.go", "harness/probe/cgroup.go"}

// TestNoTableButOneNamesMetrics keeps what is known of a metric in one place: a table, a switch or a call that lists
// two metrics by name knows something that the table of metrics does not.
func TestNoTableButOneNamesMetrics(t *testing.T) {
	for _, file := range sources(t) {
		if slices.Contains(otherWords, file.path) || !anyWithin(file.path, []string{"harness", "reports"}) {
			continue
		}
		assert.Empty(t, listings(t, file.path, file.text))
	}
	for text, want := range map[string]int{
		`var x = map[string]float64{"p50": 0.5, "p99": 0.99}`:                      1,
		`var x = []string{"rate", "p999"}`:                                         1,
		`func f(s string) { switch s { case "rate": case "p99": } }`:               1,
		`func f(s string) bool { return s == "rate" }`:                             0,
		`var x = struct{ A string }{"p99"}`:                                        0,
		`func f(g func(string) int) []int { return []int{g("p50"), g("p90")} }`:    1,
		`func f(s string) bool { return s == "p50" || s == "p90" || s == "none" }`: 1,
	} {
		assert.Len(t, listings(t, "x.go", "package x\n"+text), want, text)
	}
}

// listings are the places of a file that list two metrics or more by name.
func listings(t *testing.T, path, text string) (places []string) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, text, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ImportSpec, *ast.StructType:
			return false
		case *ast.CompositeLit, *ast.SwitchStmt, *ast.BinaryExpr:
			if names := named(n); len(names) > 1 {
				places = append(places,
					path+":"+strconv.Itoa(files.Position(n.Pos()).Line)+": "+strings.Join(names, ", "))
				return false
			}
		}
		return true
	})
	return places
}

// named are the different metrics whose names stand within a node.
func named(n ast.Node) (names []string) {
	seen := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && !seen[text] {
				if _, metric := suite.MetricByName(text); metric {
					seen[text], names = true, append(names, text)
				}
			}
		}
		return true
	})
	return names
}
