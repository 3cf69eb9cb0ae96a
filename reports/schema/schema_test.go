package schema_test

import (
	"bytes"
	"encoding/json"
	"testing"

	invopop "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/schema"
)

const module = "github.com/nameplate-dev/nameplate"

// published are the schemas, by file.
var published = []struct {
	file, title string
	document    any
	text        []byte
}{
	{"verify.schema.json", "nameplate verify --json", &schema.Document{}, schema.JSON},
	{"compare.schema.json", "nameplate compare --json", &schema.Comparison{}, schema.CompareJSON},
	{"runs.schema.json", "nameplate report --compare --json", &schema.Runs{}, schema.RunsJSON},
	{"trend.schema.json", "nameplate trend --json", &schema.Trend{}, schema.TrendJSON},
}

// generate makes a schema from the Go types and their comments.
func generate(t *testing.T, file, title string, document any) []byte {
	t.Helper()
	r := &invopop.Reflector{}
	require.NoError(t, r.AddGoComments(module+"/reports/schema", "./"))
	s := r.Reflect(document)
	s.ID = invopop.ID("https://" + module + "/reports/schema/" + file)
	s.Title = title
	data, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	return append(data, '\n')
}

func TestTheSchemasAreThoseOfTheTypes(t *testing.T) {
	for _, p := range published {
		want := generate(t, p.file, p.title, p.document)
		golden.Equal(t, p.file, want)
		assert.True(t, golden.Updating() || string(want) == string(p.text), "%s is published", p.file)
	}
}

func compiled(t *testing.T) *jsonschema.Schema { return compile(t, schema.JSON) }

func compile(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	loaded, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("schema.json", loaded))
	s, err := c.Compile("schema.json")
	require.NoError(t, err)
	return s
}

// decoded is a document as its readers see it.
func decoded(t *testing.T, document any) map[string]any {
	t.Helper()
	data, err := json.Marshal(document)
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	return v.(map[string]any)
}

func instance(t *testing.T, run *archive.Run) map[string]any {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	return decoded(t, schema.Of(r))
}

func TestDocumentsKeepToTheSchema(t *testing.T) {
	effort.NoGoroutines(t)
	s := compiled(t)
	unjudged := archivetest.Sample(1)
	unjudged.Results, unjudged.Verdict = nil, 0
	unstarted := archivetest.Sample(2)
	unstarted.Phases, unstarted.Interrupted, unstarted.Failure = nil, true, "no database"
	require.NoError(t, unstarted.Judge())
	blind := archivetest.Sample(1)
	for i := range blind.Phases[0].Trials {
		blind.Phases[0].Trials[i].Usage = nil
	}
	for name, run := range map[string]*archive.Run{
		"all verified":                   archivetest.Sample(),
		"all refuted":                    archivetest.Overloaded(),
		"never judged":                   unjudged,
		"no phase started":               unstarted,
		"the kernel gave no figures":     blind,
		"a run in which nothing is set":  {},
		"a phase that nobody documented": {Phases: []archive.Phase{{Number: 7}}},
	} {
		t.Run(name, func(t *testing.T) { assert.NoError(t, s.Validate(any(instance(t, run)))) })
	}
}

func TestTheSchemaRefusesWhatIsNoDocument(t *testing.T) {
	effort.NoGoroutines(t)
	s := compiled(t)
	for name, spoil := range map[string]func(map[string]any){
		"a field is missing":          func(d map[string]any) { delete(d, "claims") },
		"there is another field":      func(d map[string]any) { d["extra"] = true },
		"a verdict that there is not": func(d map[string]any) { d["verdict"] = "passed" },
		"a claim with another operator": func(d map[string]any) {
			d["claims"].([]any)[0].(map[string]any)["op"] = "=="
		},
		"a figure that is text": func(d map[string]any) {
			d["phases"].([]any)[0].(map[string]any)["p99_ms"] = "fast"
		},
		"reasons that are null": func(d map[string]any) {
			d["claims"].([]any)[0].(map[string]any)["reasons"] = nil
		},
		"a negative number of errors": func(d map[string]any) {
			d["phases"].([]any)[0].(map[string]any)["errors"] = -1
		},
		"an exit status beyond a status": func(d map[string]any) { d["exit"] = 256 },
	} {
		t.Run(name, func(t *testing.T) {
			d := instance(t, archivetest.Sample(1))
			spoil(d)
			assert.Error(t, s.Validate(any(d)))
		})
	}
}

func TestFiguresThatAreNotKnownAreNull(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Sample(3)
	for i := range run.Phases[0].Trials {
		run.Phases[0].Trials[i].Usage = nil
	}
	require.NoError(t, run.Judge())
	phase := instance(t, run)["phases"].([]any)[0].(map[string]any)
	for _, part := range []string{"generator", "cluster", "stores"} {
		assert.Contains(t, phase[part], "cpu_us_per_request")
		assert.Nil(t, phase[part].(map[string]any)["cpu_us_per_request"], part)
	}
	assert.NotNil(t, phase["p99_ms"])

	run.Phases[0].Trials = nil
	require.NoError(t, run.Judge())
	phase = instance(t, run)["phases"].([]any)[0].(map[string]any)
	for _, name := range []string{"achieved", "p50_ms", "p99_ms", "p999_ms", "errors", "requests"} {
		assert.Contains(t, phase, name)
		assert.Nil(t, phase[name], name)
	}
	assert.NotNil(t, phase["offered"])
}
