package harness

import (
	"cmp"
	"fmt"
	"go/types"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// pure are the packages that read no clock and draw no unseeded chance: what they come to follows from what they
// are given.
var pure = []string{
	"harness/suite", "harness/measure", "harness/judge", "harness/audit", "harness/capacity", "harness/warmup",
	"harness/queueing", "harness/usl", "harness/stats",
	"harness/draft", "harness/regress/trend", "harness/regress/compare", "harness/regress/bisect",
	"harness/regress/hotspot", "reports/flame",
}

// clocks are the functions of package time that read the clock, or wait for it.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}

// seeded are the functions of package math/rand that draw nothing: a source made by them has the caller's seed.
var seeded = []string{"New", "NewPCG", "NewChaCha8", "NewSource", "NewZipf"}

func TestPurePackagesReadNoClock(t *testing.T) {
	var patterns []string
	for _, name := range pure {
		patterns = append(patterns, module+name+"/...")
	}
	for _, pkg := range typed(t, nil, patterns...) {
		assert.Empty(t, impure(pkg), pkg.PkgPath)
	}
}

// TestAClockIsFoundByWhateverName holds the rule against a file that is added to a package for this test.
func TestAClockIsFoundByWhateverName(t *testing.T) {
	file, err := filepath.Abs("stats/added.go")
	require.NoError(t, err)
	added := map[string][]byte{file: []byte(`package stats

import (
	. "math/rand/v2"
	clock "time"
)

var read = clock.Now
var waits = clock.Tick
var drawn = IntN(6)
var fine = New(NewPCG(1, 2)).IntN(6)
var later = clock.Time{}.After(clock.Time{}) // not clock.Now
`)}
	pkgs := typed(t, added, module+"harness/stats")
	require.Len(t, pkgs, 1)
	assert.Equal(t, []string{"added.go:8: time.Now", "added.go:9: time.Tick", "added.go:10: math/rand/v2.IntN"},
		impure(pkgs[0]))
}

// typed are packages with the types of all that they use; added are files in the place of those on disk, or beside
// them.
func typed(t *testing.T, added map[string][]byte, patterns ...string) []*packages.Package {
	t.Helper()
	const mode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
		packages.NeedExportFile | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo
	all, err := packages.Load(&packages.Config{Context: t.Context(), Mode: mode, Overlay: added}, patterns...)
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, pkg := range all {
		require.Empty(t, pkg.Errors, pkg.PkgPath)
		require.NotEmpty(t, pkg.TypesInfo.Uses, pkg.PkgPath)
	}
	return all
}

// impure are the places where a package uses the clock or chance that nobody seeded, in the order of its files.
func impure(pkg *packages.Package) []string {
	type place struct {
		file string
		line int
		what string
	}
	var places []place
	for id, used := range pkg.TypesInfo.Uses {
		f, ok := used.(*types.Func)
		if !ok || f.Pkg() == nil || f.Signature().Recv() != nil {
			continue
		}
		if bad(f.Pkg().Path(), f.Name()) {
			at := pkg.Fset.Position(id.Pos())
			places = append(places, place{filepath.Base(at.Filename), at.Line, f.Pkg().Path() + "." + f.Name()})
		}
	}
	slices.SortFunc(places,
		func(a, b place) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line)) })
	var texts []string
	for _, p := range places {
		texts = append(texts, fmt.Sprintf("%s:%d: %s", p.file, p.line, p.what))
	}
	return texts
}

// bad reports whether a function of a package reads the clock, or draws what no seed decides.
func bad(path, name string) bool {
	switch path {
	case "time":
		return slices.Contains(clocks, name)
	case "math/rand", "math/rand/v2":
		return !slices.Contains(seeded, name)
	case "crypto/rand":
		return true
	}
	return false
}
