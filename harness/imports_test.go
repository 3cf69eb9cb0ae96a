package harness

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/nameplate-dev/nameplate/"

// world is what a package that decides has no eyes for: the machine, and what sends, reads and keeps.
var world = []string{
	"os", "net", "syscall",
	module + "harness/archive", module + "harness/run", module + "harness/load", module + "harness/probe",
}

// rules is the direction of the imports. A prefix stands for a package and those below it; with a $
// at its end, for the package alone.
var rules = []struct {
	from      string   // package prefix the rule is about
	except    []string // prefixes it is not about
	forbidden []string // import prefixes; those without a dot in the first element are the standard library's
	why       string
}{
	{"harness/suite", nil, []string{module}, "suite is a leaf"},
	{"harness/suite/internal/form", nil, []string{"os", "net", "syscall", module},
		"the form of a file knows nothing of suites"},
	{"harness/exitcode", nil, []string{"os", "net", "syscall", module}, "a status means the same to all"},
	{"harness/stats", nil, []string{"os", "net", "syscall", module}, "statistics are arithmetic"},
	{"harness/secret", nil, []string{"os", "net/http", "syscall", module}, "whoever prints can hide"},
	{"harness/measure", nil, []string{module}, "measure is a leaf"},
	{"harness/judge", nil, world, "verdicts are pure, and can be reached again from an archive"},
	{"harness/queueing", nil, []string{"os", "net", "syscall", module}, "the laws are arithmetic"},
	{"harness/warmup", nil, []string{"os", "net", "syscall", module}, "a warm-up is decided on counts alone"},
	{"harness/usl", nil, []string{"os", "net", "syscall", module}, "a fit needs nothing but its points"},
	{"harness/audit", nil, world, "claims are audited without a measurement"},
	{"harness/regress/trend", nil, []string{"os", "net", "syscall", module}, "a trend needs the figures alone"},
	{"harness/regress/compare", nil, []string{"os", "net", "syscall", module}, "a comparison needs the figures alone"},
	{"harness/regress/bisect", nil, []string{"os", "net", "syscall", module},
		"a bisection decides what to measure, and others measure it"},
	{"harness/regress/turns", nil, []string{module}, "runs of two programs meet, whatever they measure"},
	{"harness/regress/hotspot", nil, []string{"os", "net", "syscall", module},
		"profiles are compared wherever they were taken"},
	{"harness/capacity", nil, world, "a search decides what to try, and others try it"},
	{"harness/draft", []string{"harness/draft/live"},
		[]string{"os", "net/http", "syscall", module + "harness/archive", module + "harness/run",
			module + "harness/load", module + "harness/probe"},
		"a description becomes a suite without a system"},
	{"harness/load", nil, []string{module + "harness/judge", module + "harness/archive", module + "harness/run"},
		"load only sends and records"},
	{"harness/probe", nil, []string{module + "harness/judge", module + "harness/archive", module + "harness/run"},
		"probe only reads"},
	{"harness/monitor", nil, []string{module}, "a monitor knows a cluster by its answers alone"},
	{"harness/archive", nil, []string{module + "harness/load", module + "harness/probe", module + "harness/run"},
		"an archive is read without a measurement"},
	{"harness", []string{"harness$", "harness/cmd", "harness/reference"},
		[]string{module + "clusterimpl", module + "fixtures", module + "harness/reference", module + "reports"},
		"the ruler knows nothing of what it measures"},
	{"harness$", nil, []string{module + "clusterimpl", module + "fixtures", module + "reports"},
		"a Go test reaches the reference cluster by one package"},
	{"internal/files", nil, []string{module}, "whoever writes a file may use it"},
	{"internal/rawsocket", nil, []string{module}, "both sides of a connection may use it, and neither sees the other"},
	{
		"internal/promtext", nil, []string{module},
		"both the cluster and the reports write by it, and neither sees the other",
	},
	{"clusterimpl", nil, []string{module + "harness", module + "reports"},
		"the thing measured knows nothing of the ruler"},
	{"fixtures", nil, []string{module + "harness", module + "clusterimpl", module + "reports"},
		"stores serve any system"},
	{"fixtures/internal/store", nil,
		[]string{module + "fixtures/internal/tables", module + "fixtures/internal/postgres",
			module + "fixtures/internal/redis", module + "fixtures/internal/sqlite"},
		"what every kind of store shares knows none of them"},
	{"fixtures/internal/tables", nil,
		[]string{module + "fixtures/internal/postgres", module + "fixtures/internal/redis",
			module + "fixtures/internal/sqlite"},
		"what stores with tables share knows none of them"},
	{"fixtures/internal/postgres", nil,
		[]string{module + "fixtures/internal/redis", module + "fixtures/internal/sqlite"},
		"a store knows no other"},
	{"fixtures/internal/sqlite", nil,
		[]string{module + "fixtures/internal/postgres", module + "fixtures/internal/redis"},
		"a store knows no other"},
	{"fixtures/internal/redis", nil,
		[]string{module + "fixtures/internal/postgres", module + "fixtures/internal/sqlite",
			module + "fixtures/internal/tables"},
		"a store knows no other"},
	{
		"reports", nil,
		[]string{module + "harness/load", module + "harness/run", module + "harness/probe", module + "clusterimpl",
			module + "fixtures"},
		"a report needs the archive alone",
	},
	{"reports", []string{"reports/serve"}, []string{"net/http"}, "a report is a file, and one package serves it"},
	{"reports/flame", nil, []string{"os", "net", "syscall", module + "harness"},
		"a flame graph needs the profiles alone"},
	{"", []string{"harness/measure"}, []string{"github.com/HdrHistogram/"},
		"one package knows how histograms are kept"},
	{"", []string{"harness/draft/openapi"}, []string{"github.com/getkin/kin-openapi/"}, "one package knows OpenAPI"},
	{"", []string{"harness/load", "harness/draft/targets", "reports/script"}, []string{"github.com/tsenart/vegeta/"},
		"one package knows how requests are sent, one knows vegeta's target files, and one where the chart library is"},
	{"", []string{"reports/browsertest"}, []string{"github.com/chromedp/"}, "one package knows the browser"},
	{"", []string{"reports/screen"}, []string{"charm.land/", "github.com/charmbracelet/"},
		"one package knows how a screen is drawn"},
	{"", []string{"fixtures/internal/container"}, []string{"github.com/testcontainers/"},
		"one package knows containers"},
	{"", []string{"harness$", "clusterimpl/clustertest", "clusterimpl/platform/platformtest",
		"internal/needs", "internal/effort", "internal/golden", "reports/browsertest",
		"reports/screen/terminaltest"},
		[]string{"testing", "github.com/stretchr/testify/"}, "no product code needs a test"},
}

func TestImportsRunOneWay(t *testing.T) {
	for _, file := range sources(t) {
		pkg := filepath.ToSlash(filepath.Dir(file.path))
		for _, rule := range rules {
			if !within(pkg, rule.from) || anyWithin(pkg, rule.except) {
				continue
			}
			for _, path := range file.imports {
				if (path == module+"harness/stats" || path == module+"harness/exitcode") &&
					anyWithin(pkg, []string{"harness", "reports"}) {
					continue // arithmetic, and names of numbers, which serve all who judge and report
				}
				if rule.from != "" && within(path, module+rule.from) {
					continue // its own rooms
				}
				for _, bad := range rule.forbidden {
					if within(path, strings.TrimSuffix(bad, "/")) {
						assert.Fail(t, "forbidden import", "%s imports %s: %s", file.path, path, rule.why)
					}
				}
			}
		}
	}
}

// TestRulesAreAboutWhatIsThere keeps a rule from passing for ever once what it names was moved.
func TestRulesAreAboutWhatIsThere(t *testing.T) {
	var packages, imported []string
	for _, file := range sources(t) {
		packages = append(packages, filepath.ToSlash(filepath.Dir(file.path)))
		imported = append(imported, file.imports...)
	}
	there := func(prefix string) bool {
		return slices.ContainsFunc(packages, func(pkg string) bool { return within(pkg, prefix) })
	}
	for _, rule := range rules {
		for _, name := range append([]string{rule.from}, rule.except...) {
			assert.True(t, there(name), "there is no package %s, which a rule is about: %s", name, rule.why)
		}
		for _, bad := range rule.forbidden {
			if ours, ok := strings.CutPrefix(bad, module); ok {
				assert.True(t, ours == "" || there(ours), "there is no package %s, which is forbidden to %s", ours,
					rule.from)
			} else if strings.Contains(strings.SplitN(bad, "/", 2)[0], ".") {
				used := func(path string) bool { return within(path, strings.TrimSuffix(bad, "/")) }
				assert.True(t, slices.ContainsFunc(imported, used), "nobody imports %s, which a rule is about", bad)
			}
		}
	}
	for _, name := range pure {
		assert.True(t, there(name), "there is no package %s, which is to read no clock", name)
	}
}

// source is one file of the product.
type source struct {
	path    string // from the module's root
	text    string
	imports []string
}

// sources are all Go files but tests.
func sources(t *testing.T) (all []source) {
	t.Helper()
	for _, path := range goFiles(t) {
		if !strings.HasSuffix(path, "_test.go") {
			all = append(all, read(t, filepath.Join("..", path), path))
		}
	}
	return all
}

// goFiles are the paths of all Go files, from the module's root.
func goFiles(t *testing.T) (all []string) {
	t.Helper()
	root := ".."
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		all = append(all, rel)
		return nil
	}))
	require.NotEmpty(t, all)
	return all
}

func read(t *testing.T, path, rel string) source {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	parsed, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
	require.NoError(t, err)
	s := source{path: rel, text: string(text)}
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		s.imports = append(s.imports, name)
	}
	return s
}

// within reports whether a path is prefix or lies below it.
func within(path, prefix string) bool {
	if alone, ok := strings.CutSuffix(prefix, "$"); ok {
		return path == alone
	}
	return prefix == "" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

func anyWithin(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return within(path, p) })
}
