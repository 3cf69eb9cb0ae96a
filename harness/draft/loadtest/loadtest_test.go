package loadtest_test

import (
	"cmp"
	"strings"
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

func TestACredentialInAHeaderIsNotInTheSuite(t *testing.T) {
	for _, row := range []struct{ header, want, value string }{
		{"Authorization: Bearer abc.def", "Bearer ${env.HEADER_AUTHORIZATION}", "abc.def"},
		{"authorization: abcdef", "${env.HEADER_AUTHORIZATION}", "abcdef"},
		{"Cookie: sid=abcdef; lang=en", "${env.HEADER_COOKIE}", "sid=abcdef; lang=en"},
		{"X-API-Key: abcdef", "${env.HEADER_X_API_KEY}", "abcdef"},
		{"Authorization: Bearer ${env.TOKEN}", "Bearer ${env.TOKEN}", ""},
		{"Accept: text/html", "text/html", ""},
	} {
		o := usual("http://127.0.0.1:8080/")
		o.Header = []string{row.header}
		made, err := loadtest.Suite(o, nil)
		require.NoError(t, err, row.header)
		s, err := suite.Parse("made", made.Text)
		require.NoError(t, err, "%s", made.Text)
		assert.Equal(t, row.want, s.Workloads[0].Requests[0].Headers[0].Value, row.header)
		if row.value == "" {
			assert.Empty(t, made.Secrets, row.header)
			continue
		}
		require.Len(t, made.Secrets, 1, row.header)
		assert.NotContains(t, string(made.Text), row.value)
		env := made.Secrets.Env(func(string) string { return "" })
		assert.Equal(t, row.value, env(made.Secrets[0].Name), row.header)
		name, _, _ := strings.Cut(row.header, ":")
		assert.Equal(t, "--header "+name+": the value is not in the suite, which has ${env."+made.Secrets[0].Name+
			"} in its place\n", made.Secrets.Kept())
	}
}

func TestWhatIsWrongNamesTheFlag(t *testing.T) {
	for want, change := range map[string]func(*loadtest.Options){
		"--runs: 0":        func(o *loadtest.Options) { o.Runs = 0 },
		"--duration: 1s":   func(o *loadtest.Options) { o.Duration = "1s"; o.Runs = 100 },
		"--warmup":         func(o *loadtest.Options) { o.Warmup = "soon" },
		"--header X-Token": func(o *loadtest.Options) { o.Header = []string{"X-Token: abc"} },
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
