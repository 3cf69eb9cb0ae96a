package figures

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/archive"
)

func TestMomentsOfADisturbance(t *testing.T) {
	r := Run{Trial: archive.Trial{Disturbed: []string{
		"3.250 s: killed worker 2", "12 workers were seen", "soon: nothing", "10.000 s:  two\n lines",
		"-1.000 s: before", "99999999999.000 s: never",
	}}}
	assert.Equal(t, []Moment{
		{3250 * time.Millisecond, "killed worker 2"}, {10 * time.Second, "two lines"},
	}, r.Moments())
	assert.Empty(t, Run{}.Moments())
}
