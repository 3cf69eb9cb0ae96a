package effort

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachLevelPicksItsOwn(t *testing.T) {
	was := flag.Lookup("test.short").Value.String()
	t.Cleanup(func() { require.NoError(t, flag.Set("test.short", was)) })
	for _, row := range []struct {
		level, short string
		want         int
	}{{"", "false", 2}, {"", "true", 1}, {"full", "false", 3}, {"full", "true", 3}} {
		t.Setenv(Variable, row.level)
		require.NoError(t, flag.Set("test.short", row.short))
		assert.Equal(t, row.want, Of(1, 2, 3), "%+v", row)
	}
}

func TestALevelThatIsNoneIsRefused(t *testing.T) {
	t.Setenv(Variable, "fulll")
	assert.PanicsWithValue(t, `NAMEPLATE_EFFORT="fulll"; allowed: full, or unset`, func() { Of(1, 2, 3) })
}
