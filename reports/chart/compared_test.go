package chart_test

import (
	"bytes"
	"image/png"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/compared"
)

func beside(t *testing.T, base, head *archive.Run) []chart.Chart {
	t.Helper()
	c, err := compared.Of(base, head)
	require.NoError(t, err)
	return chart.Compared(c)
}

func TestChartsOfTwoRunsLookAsTheyDid(t *testing.T) {
	effort.NoGoroutines(t)
	all := beside(t, archivetest.Sample(1, 3), archivetest.Slower(1, 3))
	assert.Len(t, all, 7, "the claims, and three charts of each phase")
	for _, c := range all {
		if c.Phase == 1 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			got := rendered(t, c)
			want := golden.Read(t, filepath.Join("testdata", c.Name+".png"), got)
			allowed := 0
			if runtime.GOARCH != "amd64" { // rounds differently
				allowed = 2000
			}
			assert.LessOrEqual(t, differing(t, want, got), allowed,
				"pixels differ; look at it and run go test ./reports/chart -update")
		})
	}
}

func TestWeirdRunsAreDrawnBesideOneAnother(t *testing.T) {
	effort.NoGoroutines(t)
	plain := archivetest.Sample(2)
	for name, odd := range map[string]*archive.Run{
		"nothing at all": {}, "other phases": archivetest.Sample(1), "the same": plain,
		"hostile names": each(t, archivetest.Sample(2), func(p *archive.Phase, r *archive.Trial) {
			p.Name, r.Window.Endpoints[0].Name = hostile, hostile
		}),
		"windows without a request": weirdWindows(t)["windows without a request"],
	} {
		for _, all := range [][]chart.Chart{beside(t, plain, odd), beside(t, odd, plain)} {
			for _, c := range all {
				if effort.Of(false, false, true) { // it takes ten times as long, and draws the same
					_, err := png.DecodeConfig(bytes.NewReader(rendered(t, c)))
					require.NoError(t, err, name+" "+c.Name)
				}
				var svg bytes.Buffer
				require.NoError(t, c.SVG(&svg), name+" "+c.Name)
				assert.NotContains(t, svg.String(), "<script")
				assert.NotContains(t, svg.String(), "NaN", name+" "+c.Name)
				requireXML(t, svg.Bytes())
			}
		}
	}
}
