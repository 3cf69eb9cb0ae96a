package loadtest_test

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/draft/loadtest"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// usual are options with what the flags say by default.
func usual(target ...string) loadtest.Options {
	return loadtest.Options{
		Target: target, Rate: "100", Duration: "30s", Runs: 6, Warmup: "1s", Errors: "0.1 %", Timeout: "10s",
		Connections: 64, Arrivals: "constant", Memory: "512 MiB", Method: "GET", URL: "http://127.0.0.1:${port}",
		Ready: "/",
	}
}

func TestTheSuiteOfEachTargetIsGood(t *testing.T) {
	command := usual("node", `a "quoted": {argument}`)
	command.Path, command.P99, command.Env = []string{"/a", "/b?c=d"}, "150ms", []string{"NAME=x: 'y'"}
	secure := usual("https://127.0.0.1:8443/deep/path")
	secure.CA, secure.HTTP2, secure.Header, secure.Status = "ca.pem", true, []string{"accept: text/html"}, 204
	stores := usual()
	stores.Stores = "embedded"
	for kind, o := range map[suite.SystemKind]loadtest.Options{
		suite.SystemCommand: command, suite.SystemURL: secure, suite.SystemReference: stores,
	} {
		made, err := loadtest.Suite(o, nil)
		require.NoError(t, err, "%v", kind)
		s, err := suite.Parse("made", made.Text)
		require.NoError(t, err, "%s", made.Text)
		assert.Equal(t, kind, cmp.Or(s.System.Kind, suite.SystemReference),
			"the reference cluster is what no system names")
		assert.Equal(t, "5 s", suite.FormatDuration(s.Plan.Duration), "six runs share 30 s")
	}
}

func TestWhatIsWrongNamesTheFlag(t *testing.T) {
	for want, change := range map[string]func(*loadtest.Options){
		"--runs: 0":        func(o *loadtest.Options) { o.Runs = 0 },
		"--duration: 1s":   func(o *loadtest.Options) { o.Duration = "1s"; o.Runs = 100 },
		"--warmup":         func(o *loadtest.Options) { o.Warmup = "soon" },
		"--rate":           func(o *loadtest.Options) { o.Rate = "many" },
		"--errors":         func(o *loadtest.Options) { o.Errors = "few" },
		"--memory":         func(o *loadtest.Options) { o.Memory = "much" },
		"--header":         func(o *loadtest.Options) { o.Header = []string{"none"} },
		"Accept is given":  func(o *loadtest.Options) { o.Header = []string{"accept: a", "Accept: b"} },
		"with --find-max":  func(o *loadtest.Options) { o.UpTo = "200" },
		"with --up-to":     func(o *loadtest.Options) { o.FindMax = true },
		"below the first":  func(o *loadtest.Options) { o.FindMax, o.UpTo = true, "50" },
		"--path names":     func(o *loadtest.Options) { o.Target, o.Path = []string{"http://h/a"}, []string{"/b"} },
		"one URL":          func(o *loadtest.Options) { o.Target = append(o.Target, "more") },
		"--stores":         func(o *loadtest.Options) { o.Stores = "auto" },
		"--body: the refe": func(o *loadtest.Options) { o.Target, o.Body = nil, "x" },
	} {
		o := usual("http://127.0.0.1:80")
		change(&o)
		_, err := loadtest.Suite(o, nil)
		assert.ErrorContains(t, err, want)
	}
}
