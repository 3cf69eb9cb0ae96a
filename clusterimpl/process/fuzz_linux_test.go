package process

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzResident reads any statm: no size is negative, and one that is not known is 0.
func FuzzResident(f *testing.F) {
	f.Add("1024 512 128 1 0 300 0\n")
	f.Add("1 -1")
	f.Add("1 99999999999999")
	f.Fuzz(func(t *testing.T, statm string) {
		bytes, known := resident(statm)
		assert.GreaterOrEqual(t, bytes, int64(0))
		assert.True(t, known || bytes == 0)
	})
}
