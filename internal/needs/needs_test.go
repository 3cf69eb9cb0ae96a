package needs

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatIsPromisedIsParsed(t *testing.T) {
	r, err := Parse("postgres=local+containers, redis=local,node")
	require.NoError(t, err)
	for _, row := range []struct {
		name, provider string
		want           bool
	}{
		{"postgres", "local", true}, {"postgres", "containers", true}, {"postgres", "embedded", false},
		{"redis", "local", true}, {"redis", "containers", false}, {"node", "", true}, {"git", "", false},
	} {
		assert.Equal(t, row.want, r.Has(row.name, row.provider), "%v", row)
	}
}

func TestWhatHasNoMeaningIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"mysql": `there is no "mysql"; allowed: postgres and redis with external, containers, local, ` +
			`embedded`,
		"postgres":            `postgres has no provider ""`,
		"postgres=docker":     `postgres has no provider "docker"`,
		"postgres=local+":     `postgres has no provider ""`,
		"node=local":          "node has no providers",
		"postgres=local,,git": `there is no ""`,
	} {
		_, err := Parse(text)
		assert.ErrorContains(t, err, Variable+": "+want, text)
	}
}

// told is a test that notes how it was ended.
type told struct {
	testing.TB
	skipped, failed string
}

func (*told) Helper()             {}
func (o *told) Fatal(args ...any) { o.failed = fmt.Sprint(args...); runtime.Goexit() }
func (o *told) Fatalf(format string, a ...any) {
	o.failed = fmt.Sprintf(format, a...)
	runtime.Goexit()
}
func (o *told) Skipf(format string, args ...any) {
	o.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// absent is how a test without something ends under a promise.
func absent(t *testing.T, promise, name, provider string) *told {
	t.Setenv(Variable, promise)
	o := &told{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		Absent(o, name, provider, "it is not installed")
	}()
	<-done
	return o
}

func TestWhatIsAbsentSkipsAndWhatWasPromisedFails(t *testing.T) {
	assert.Equal(t, &told{skipped: "no redis from provider local: it is not installed"},
		absent(t, "", "redis", "local"))
	assert.Equal(t, &told{skipped: "no node: it is not installed"}, absent(t, "redis=local", "node", ""))
	assert.Equal(t, &told{skipped: "no redis from provider containers: it is not installed"},
		absent(t, "redis=local", "redis", "containers"))
	assert.Equal(t, &told{
		failed: "no redis from provider local, which NAMEPLATE_REQUIRE promises: it is not installed",
	},
		absent(t, "redis=local", "redis", "local"))
	assert.Contains(t, absent(t, "redis=moon", "redis", "local").failed, `redis has no provider "moon"`)
	assert.Contains(t, absent(t, "", "mysql", "").failed, `a test names "mysql"`)
	assert.Contains(t, absent(t, "", "redis", "").failed, `a test names "redis"`)
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", " ", "postgres=local+containers,redis=local,node", "postgres=", "node=x", "node,node",
		"redis=local,redis=local",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err != nil {
			assert.Nil(t, r)
			assert.ErrorContains(t, err, Variable)
			return
		}
		for name, list := range r {
			assert.True(t, r.Has(name, ""))
			for _, provider := range list {
				assert.True(t, r.Has(name, provider))
				assert.Contains(t, text, provider)
			}
		}
	})
}
