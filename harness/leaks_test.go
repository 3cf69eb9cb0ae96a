package harness

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// starters are the packages whose use starts goroutines.
var starters = []string{"database/sql", "golang.org/x/sync/errgroup", "net/http/httptest", "os/exec"}

// TestPackagesThatStartGoroutinesLookForLeaks asks for goleak where a package or its tests start some. A
// package without tests is run by the tests of others.
func TestPackagesThatStartGoroutinesLookForLeaks(t *testing.T) {
	type house struct {
		tested, checked bool
		reason          string
	}
	houses := map[string]*house{}
	for _, path := range goFiles(t) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		folder := filepath.ToSlash(filepath.Dir(path))
		if houses[folder] == nil {
			houses[folder] = &house{}
		}
		h := houses[folder]
		isTest := strings.HasSuffix(path, "_test.go")
		h.tested = h.tested || isTest
		h.checked = h.checked || isTest && imports(t, file, "go.uber.org/goleak")
		if start := starts(t, file); start != "" {
			h.reason = path + ": " + start
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(houses)) {
		h := houses[folder]
		assert.False(t, h.reason != "" && h.tested && !h.checked,
			"%s starts goroutines (%s): have a TestMain of it call goleak.VerifyTestMain", folder, h.reason)
	}
}

func TestWhatStartsGoroutinesIsTold(t *testing.T) {
	for text, want := range map[string]string{
		"func f() { go f() }":                     "go statement",
		"func f() { func() { go f() }() }":        "go statement",
		"import \"os/exec\"":                      "os/exec",
		"import _ \"net/http/httptest\"":          "net/http/httptest",
		"import \"net/http\"\n\n// go f()\n":      "",
		"func f() string { return \"go f()\" }\n": "",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n\n"+text, parser.SkipObjectResolution)
		require.NoError(t, err)
		assert.Equal(t, want, starts(t, file), text)
	}
}

// starts tells by what a file starts goroutines, "" where it starts none.
func starts(t *testing.T, file *ast.File) (by string) {
	t.Helper()
	for _, path := range starters {
		if imports(t, file, path) {
			return path
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if _, ok := n.(*ast.GoStmt); ok {
			by = "go statement"
		}
		return by == ""
	})
	return by
}

func imports(t *testing.T, file *ast.File, path string) bool {
	t.Helper()
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		return name == path
	})
}
