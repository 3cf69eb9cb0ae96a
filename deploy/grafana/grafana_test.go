package grafana_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
	"github.com/nameplate-dev/nameplate/deploy/grafana"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports"
)

type source struct{ Type, UID string }

type place struct{ X, Y, W, H int }

type target struct {
	Datasource               source
	Expr, RefID              string
	Range, Instant           bool
	LegendFormat, Definition string
}

type panel struct {
	ID          int
	Type, Title string
	GridPos     place
	Datasource  source
	FieldConfig struct{ Defaults struct{ Unit string } }
	Targets     []target
}

type variable struct {
	Name, Type, Definition string
	Query                  json.RawMessage
	Datasource             source
}

type dashboard struct {
	ID            *int
	UID, Title    string
	SchemaVersion int
	Panels        []panel
	Templating    struct{ List []variable }
}

// queries are all expressions of a dashboard, those of its variables too.
func (d dashboard) queries() map[string]string {
	all := map[string]string{}
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			all[p.Title+" "+t.RefID] = t.Expr
		}
	}
	for _, v := range d.Templating.List {
		if v.Type == "query" {
			all["variable "+v.Name] = v.Definition
		}
	}
	return all
}

func read(t *testing.T, file string) dashboard {
	t.Helper()
	data, err := fs.ReadFile(grafana.Dashboards, file)
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(data, &d))
	return d
}

// exported is what a text in the Prometheus format has: the labels of each series' name.
func exported(t *testing.T, text string) map[string][]string {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	all := map[string][]string{}
	for name, f := range families {
		labels := []string{"job", "instance"} // Prometheus adds them
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName())
			}
		}
		if f.GetMetric()[0].GetHistogram() == nil {
			all[name] = labels
			continue
		}
		for _, end := range []string{"_bucket", "_sum", "_count"} {
			all[name+end] = append(labels, "le")
		}
	}
	return all
}

// ofCluster is what the reference cluster's /metrics say.
func ofCluster(t *testing.T) map[string][]string {
	t.Helper()
	state := inspect.State{
		Mode: true, Wanted: 1, Workers: []health.Worker{{Slot: 1, State: "ready"}},
		Latencies: []health.Histogram{{Count: 1, Sum: 1, Below: make([]uint64, len(health.Bounds))}},
	}
	return exported(t, state.Answer(inspect.Metrics).Body)
}

// ofHistory is what reports say for collectors.
func ofHistory(t *testing.T) map[string][]string {
	t.Helper()
	run := archivetest.Sample()
	run.Phases[0].Search = &archive.Search{Start: 100, Found: &archive.Found{Capacity: 200, Low: 150, High: 250}}
	var b bytes.Buffer
	require.NoError(t, reports.Print(&b, run, reports.Prometheus))
	return exported(t, b.String())
}

var (
	metric  = regexp.MustCompile(`\bnameplate_\w+`)
	matched = regexp.MustCompile(`(nameplate_\w+)\{([^}]*)\}`)
	label   = regexp.MustCompile(`(\w+)=~?"([^"]*)"`)
	grouped = regexp.MustCompile(`by \(([^)]*)\)`)
	used    = regexp.MustCompile(`\$(\w+)|\$\{(\w+)\}`)
)

// names are the metrics that an expression asks for; what stands in braces and in "by (…)" is labels.
func names(expression string) []string {
	bare := grouped.ReplaceAllString(regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(expression, ""), "")
	return metric.FindAllString(bare, -1)
}

// TestDashboardsAskForWhatIsExported compares both ways: what is not asked for would go unseen.
func TestDashboardsAskForWhatIsExported(t *testing.T) {
	effort.NoGoroutines(t)
	for file, has := range map[string]map[string][]string{
		"reference-cluster.json": ofCluster(t), "history.json": ofHistory(t),
	} {
		asked := map[string]bool{}
		for where, expression := range read(t, file).queries() {
			require.NotEmpty(t, names(expression), "%s: %s", file, where)
			for _, name := range names(expression) {
				asked[name] = true
				require.Contains(t, has, name, "%s: %s", file, where)
			}
			for _, m := range matched.FindAllStringSubmatch(expression, -1) {
				for _, l := range label.FindAllStringSubmatch(m[2], -1) {
					assert.Contains(t, has[m[1]], l[1], "%s: %s: %s", file, where, m[0])
				}
			}
			for _, m := range grouped.FindAllStringSubmatch(expression, -1) {
				for _, l := range strings.Split(m[1], ",") {
					assert.Contains(t, has[names(expression)[0]], strings.TrimSpace(l), "%s: %s", file, where)
				}
			}
			for _, brackets := range []string{"()", "{}", "[]"} {
				assert.Equal(t, strings.Count(expression, brackets[:1]), strings.Count(expression, brackets[1:]),
					"%s: %s: %s", file, where, expression)
			}
		}
		assert.ElementsMatch(t, slices.Collect(maps.Keys(has)), slices.Collect(maps.Keys(asked)), file)
	}
}

func TestDashboardsAreWhatGrafanaImports(t *testing.T) {
	files, err := fs.Glob(grafana.Dashboards, "*.json")
	require.NoError(t, err)
	require.Equal(t, []string{"history.json", "reference-cluster.json"}, files)
	for _, file := range files {
		d := read(t, file)
		assert.Nil(t, d.ID, "the server gives it one")
		assert.Regexp(t, `^[a-z-]{1,40}$`, d.UID)
		assert.NotEmpty(t, d.Title)
		assert.GreaterOrEqual(t, d.SchemaVersion, 36)
		defined := []string{"__rate_interval", "__range", "__all"}
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				assert.Equal(t, source{"prometheus", "${datasource}"}, v.Datasource, v.Name)
			}
			defined = append(defined, v.Name)
		}
		assert.Equal(t, "datasource", d.Templating.List[0].Type)
		for where, expression := range d.queries() {
			for _, m := range used.FindAllStringSubmatch(expression, -1) {
				assert.Contains(t, defined, m[1]+m[2], "%s: %s", file, where)
			}
		}
		ids, titles := map[int]bool{}, map[string]bool{}
		for i, p := range d.Panels {
			assert.False(t, ids[p.ID] || titles[p.Title], "%s: panel %d %q stands twice", file, p.ID, p.Title)
			ids[p.ID], titles[p.Title] = true, true
			assert.Positive(t, p.ID)
			checkPanel(t, p)
			for _, other := range d.Panels[:i] {
				assert.False(t, overlap(p.GridPos, other.GridPos), "%s: %q lies on %q", file, p.Title, other.Title)
			}
		}
	}
}

// units that Grafana knows, of those that are used here (its list of categories of value formats).
var units = []string{
	"none", "reqps", "ops", "s", "ms", "percent", "percentunit", "bytes", "mbytes",
}

func checkPanel(t *testing.T, p panel) {
	t.Helper()
	assert.Contains(t, []string{"stat", "timeseries", "heatmap", "state-timeline", "table"}, p.Type, p.Title)
	if p.Type == "stat" || p.Type == "timeseries" {
		assert.Contains(t, units, p.FieldConfig.Defaults.Unit, p.Title)
	}
	g := p.GridPos
	assert.True(t, g.X >= 0 && g.Y >= 0 && g.W > 0 && g.H > 0 && g.X+g.W <= 24, "%s: %+v", p.Title, g)
	assert.Equal(t, source{"prometheus", "${datasource}"}, p.Datasource, p.Title)
	require.NotEmpty(t, p.Targets, p.Title)
	for i, q := range p.Targets {
		assert.Equal(t, fmt.Sprintf("%c", 'A'+i), q.RefID, p.Title)
		assert.Equal(t, p.Datasource, q.Datasource, p.Title)
		assert.NotEqual(t, q.Range, q.Instant, p.Title)
	}
}

func overlap(a, b place) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func TestNamesOfAnExpression(t *testing.T) {
	assert.Equal(t, []string{"nameplate_a_total", "nameplate_b"},
		names(`sum by (nameplate_x) (rate(nameplate_a_total{nameplate_y="nameplate_z"}[5m])) / nameplate_b`))
	assert.True(t, overlap(place{0, 0, 4, 4}, place{3, 3, 4, 4}))
	assert.False(t, overlap(place{0, 0, 4, 4}, place{4, 0, 4, 4}))
}
