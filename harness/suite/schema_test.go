package suite

import (
	"bytes"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/golden"
)

func TestTheSchemaFileIsUpToDate(t *testing.T) {
	golden.Equal(t, "suite.schema.json", Schema())
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource(SchemaURL, document))
	schema, err := c.Compile(SchemaURL)
	require.NoError(t, err)
	return schema
}

// validate holds a YAML text against the schema; false when it has no JSON form.
func validate(schema *jsonschema.Schema, text string) (error, bool) {
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, false
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return nil, false
	}
	return schema.Validate(value), true
}

func TestGoodSuitesFollowTheSchema(t *testing.T) {
	schema := compiled(t)
	for _, text := range []string{string(BuiltinYAML()), testdata(t, "good.yaml")} {
		err, ok := validate(schema, text)
		assert.True(t, ok)
		assert.NoError(t, err)
	}
}

func TestTheSchemaRefusesWhateverCanBeSeenInOneValue(t *testing.T) {
	schema := compiled(t)
	var passed []string
	for _, row := range bad {
		if err, ok := validate(schema, edited(t, row.old, row.new)); ok && err == nil {
			passed = append(passed, row.name)
		}
	}
	assert.Equal(t, []string{
		// Rules between a workload's kind and its keys, and between a claim and its phase.
		"a calibrated workload without its processor time", "a calibrated workload that burns nothing",
		"a calibrated workload with a mix", "a platform workload without its mix",
		"a metric that only a disturbance yields", "a rate at a processor share that is not named",
		"a processor share for a metric that has no use for it", "a range that ends below its start",
		"a range for a metric with an upper bound", "a ratio to a phase that does not exist",
		"a ratio to a phase that comes later",
		"a ratio that is not written as a factor",
		// The magnitude of a value with a unit.
		"a whole number with separators", "a rate of zero", "an absurdly big rate",
		"a rate with a number that never ends", "a rate so low that a window has no request",
		"a window that is too short", "a size that is absurd", "a size of part of a byte", "a percentage above 100",
		"a percentage of zero where it means nothing",
		"a tolerance of everything",
		// Rules between values.
		"shares above 100 %", "shares below 100 %", "a store listed twice", "an unknown workload",
		"a workload's name taken", "a phase's number taken", "a phase's name taken", "a phase without claims",
		"workers without a cluster", "fewer transactions than accounts", "a claim's id taken",
		"a claim on an unknown phase", "a claimed value that cannot be measured",
		"a claim that a request given up would meet", "a claim on more than is offered", "a claim made twice",
		// YAML of which nothing is left in JSON.
		"an anchor", "a merge", "a tag", "a key after a question mark", "a directive", "a byte that is not UTF-8",
		"a line without end",
		"a problem far right in a line", // an unknown phase again
	}, passed, "the schema sees everything else")
}
