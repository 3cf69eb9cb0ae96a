package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/schema"
)

func TestTwoRunsKeepToTheSchema(t *testing.T) {
	effort.NoGoroutines(t)
	s := compile(t, schema.RunsJSON)
	document := func(base, head *archive.Run) map[string]any {
		c, err := compared.Of(base, head)
		require.NoError(t, err)
		d := decoded(t, schema.OfRuns(c))
		require.NoError(t, s.Validate(any(d)))
		return d
	}
	d := document(archivetest.Sample(1), archivetest.Slower(1))
	assert.Equal(t, "regressed", d["outcome"])
	first := d["claims"].([]any)[0].(map[string]any)
	assert.Equal(t, []any{"P1.p99", "regressed", "verified"},
		[]any{first["claim"], first["outcome"], first["head_verdict"]})
	assert.NotNil(t, first["ratio"])
	other := archivetest.Sample(2)
	other.Host.Cores = 2
	d = document(archivetest.Sample(1), other)
	assert.Equal(t, "not comparable", d["outcome"])
	last := d["claims"].([]any)[7].(map[string]any)
	assert.Nil(t, last["base_verdict"], "not known is not judged")
	assert.Nil(t, last["ratio"])
	document(&archive.Run{}, &archive.Run{})
}
