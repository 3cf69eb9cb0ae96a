package targets_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/draft/loadtest"
	"github.com/nameplate-dev/nameplate/harness/draft/targets"
	"github.com/nameplate-dev/nameplate/harness/request"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// size knows the files of bodies by their names; testdata/thing.json is there.
func size(name string) (int64, error) {
	switch name {
	case "testdata/thing.json":
		return 17, nil
	case "large":
		return targets.MaxBody + 1, nil
	case "fifo":
		return 0, errors.New("it is no regular file")
	}
	return 0, fs.ErrNotExist
}

func read(text, format string) (*targets.Targets, error) {
	return targets.Read([]byte(text), targets.Options{Name: "t.txt", Format: format, Size: size})
}

// shown are requests in short: name, weight, method, path, headers, body.
func shown(t *targets.Targets) (all []string) {
	for _, r := range t.Requests {
		line := fmt.Sprintf("%s %d× %s %s", r.Name, r.Weight, r.Method, r.Path)
		for _, h := range r.Headers {
			line += fmt.Sprintf(" {%s: %s}", h.Name, h.Value)
		}
		if r.Body != "" {
			line += " " + r.Body
		}
		if r.File != "" {
			line += " @" + r.File
		}
		all = append(all, line)
	}
	return all
}

// examples are those of vegeta's README and of its tests.
var examples = []struct{ name, format, text, base, want, secrets string }{
	{
		"simple targets", "http",
		"GET http://goku:9090/path/to/dragon?item=ball\nGET http://user:password@goku:9090/path/to\n" +
			"HEAD http://goku:9090/path/to/success\n",
		"http://goku:9090",
		"get-path-to-dragon 1× GET /path/to/dragon?item=ball\n" +
			"get-path-to 1× GET /path/to {Authorization: Basic ${env.TARGET_AUTHORIZATION}}\n" +
			"head-path-to-success 1× HEAD /path/to/success",
		"TARGET_AUTHORIZATION=dXNlcjpwYXNzd29yZA==",
	},
	{
		"custom headers", "http",
		"GET http://user:password@goku:9090/path/to\nX-Account-ID: 8675309\n\n" +
			"DELETE http://goku:9090/path/to/remove\nConfirmation-Token: 90215\nAuthorization: Token DEADBEEF\n",
		"http://goku:9090",
		"get-path-to 1× GET /path/to {Authorization: Basic ${env.TARGET_AUTHORIZATION}} {X-Account-Id: 8675309}\n" +
			"delete-path-to-remove 1× DELETE /path/to/remove {Authorization: Token ${env.TARGET_AUTHORIZATION_2}} " +
			"{Confirmation-Token: ${env.TARGET_CONFIRMATION_TOKEN}}",
		"TARGET_AUTHORIZATION=dXNlcjpwYXNzd29yZA== TARGET_AUTHORIZATION_2=DEADBEEF " +
			"TARGET_CONFIRMATION_TOKEN=90215",
	},
	{
		"custom bodies", "http",
		"POST http://goku:9090/things\nX-Account-ID: 99\n@testdata/thing.json\n\n" +
			"PATCH http://goku:9090/thing/71988591\n@testdata/thing.json",
		"http://goku:9090",
		"post-things 1× POST /things {X-Account-Id: 99} @testdata/thing.json\n" +
			"patch-thing-71988591 1× PATCH /thing/71988591 @testdata/thing.json",
		"",
	},
	{
		"comments", "http",
		"# get a dragon ball\nGET http://goku:9090/path/to/dragon?item=ball\n# specify a test account\n" +
			"X-Account-ID: 99",
		"http://goku:9090", "get-path-to-dragon 1× GET /path/to/dragon?item=ball {X-Account-Id: 99}", "",
	},
	{
		"indented, of this machine, the same header twice", "http",
		"\n\t\tGET http://:6060/\n\t\tX-Header: 1\n\t\tX-Header: 2\n\n\t\tPUT http://:6060/123\n\n" +
			"\t\tGET http://:6060/\n\t\t# inside\n\t\tX-Header: 1\n\t\tX-Header: 2",
		"http://localhost:6060", "get 2× GET / {X-Header: 1, 2}\nput-123 1× PUT /123", "",
	},
	{
		"JSON", "json",
		"\n  {\"method\": \"GET\", \"url\": \"http://goku\", \"body\": \"UHVuY2gh\", \"header\": " +
			"{\"Content-Type\": [\"text/plain\"]}}\n\n{\"method\":\"GET\",  \"url\":\"http://goku:80/2\"}",
		"http://goku", "get 1× GET / {Content-Type: text/plain} Punch!\nget-2 1× GET /2", "",
	},
}

func TestVegetasOwnExamplesAreRead(t *testing.T) {
	for _, row := range examples {
		got, err := read(row.text, row.format)
		require.NoError(t, err, row.name)
		assert.Equal(t, row.base, got.Base, row.name)
		assert.Equal(t, row.want, strings.Join(shown(got), "\n"), row.name)
		var secrets []string
		for _, s := range got.Secrets {
			secrets = append(secrets, s.Name+"="+s.Value)
		}
		assert.Equal(t, row.secrets, strings.Join(secrets, " "), row.name)
		requireUsable(t, got)
	}
}

func TestWhatTargetsMayHold(t *testing.T) {
	for text, want := range map[string]string{
		"GET http://h":                  "get 1× GET /",
		"GET http://h/?":                "get 1× GET /?",
		"GET http://h?&a=1":             "get 1× GET /?&a=1",
		"GET http://h/%7Bx%7D?q=${z}#f": "get-7-bx-7-d 1× GET /%7Bx%7D?q=$%7Bz%7D",
		"GET http://h/ä":                "get-c3-a4 1× GET /%C3%A4",
		"GET http://h/\nGET http://H:80/\nGET http://h/": "get 3× GET /",
		"GET http://h/a\nGET http://h/A":                 "get-a 1× GET /a\nget-a-2 1× GET /A",
		"GET http://h/\nHost: h\nContent-Length: 3":      "get 1× GET /",
		"GET http://h/\nCookie: l=en; sid=12345678":      "get 1× GET / {Cookie: l=en; sid=${env.TARGET_COOKIE_SID}}",
		"GET http://h/?api_key=a%2Fb%20c&x=1":            "get 1× GET /?api_key=${env.TARGET_API_KEY}&x=1",
		"GET http://h/?k=sk_live_0123456789abc":          "get 1× GET /?k=${env.TARGET_TOKEN}",
		"GET http://h/\nX-A: Bearer 0123456789abcdef":    "get 1× GET / {X-A: ${env.TARGET_TOKEN}}",
		"GET http://h/\r\nX-A: 1\r\n\r\nGET http://h/\r": "get 1× GET / {X-A: 1}\nget-2 1× GET /",
		"GET http://[::1]:8080/a":                        "get-a 1× GET /a",
	} {
		got, err := read(text, "http")
		require.NoError(t, err, text)
		assert.Equal(t, want, strings.Join(shown(got), "\n"), text)
		requireUsable(t, got)
	}
}

func TestWhatIsWrongNamesTheLine(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for _, row := range []struct{ format, text, want string }{
		{"http", "", "t.txt names no target; allowed: 1 or more, e.g. GET http"},
		{"json", "\n\n", "t.txt names no target; allowed: 1 or more, e.g. {"},
		{"http", "# nothing\n", "t.txt names no target"},
		{"xml", "<a>", `format "xml" of targets; allowed: http, json`},
		{"http", "# c\n\nGET", "t.txt:3: bad target: GET; allowed: the format http of vegeta, e.g. GET http"},
		{"http", "get http://h/", "t.txt:1: bad method: get"},
		{"http", "GET foobar", "t.txt:1: bad URL: foobar"},
		{"http", "GET http://h/\nAuthorization", "t.txt:2: bad header: Authorization"},
		{"http", "SUBSCRIBE http://h/", `t.txt:1: the method is "SUBSCRIBE"; allowed: GET, HEAD`},
		{"http", "GET /a", `t.txt:1: "/a" is no address of a target; allowed: http://HOST:PORT/PATH`},
		{"http", "GET ftp://h/a", "is no address of a target"},
		{"http", "GET http:///a", "is no address of a target"},
		{"http", "GET http://h//a//b\nGET http://h//a", "two slashes"},
		{
			"http", "GET http://a/\n\nGET http://b:81/",
			"t.txt:3: the target is of http://b:81, the first one of http://a:80; allowed: one scheme and host",
		},
		{"http", "GET http://a/\nGET https://a/\n\n\n", "t.txt:2: the target is of https://a:443, the first"},
		{"http", "GET http://h/\n@none", `t.txt:2: the body is in "none": file does not exist; allowed: a file`},
		{"http", "GET http://h/\n@fifo", "it is no regular file"},
		{"http", "GET http://h/\n@large", `the body in "large" has 16777217 bytes; allowed: at most 16777216`},
		{"http", "GET http://h/\n@\xff", "of UTF-8"},
		{"http", "GET http://h/\nX: " + long, "t.txt:2: the line has 70003 bytes; allowed: at most 61440"},
		{"http", "GET http://h/\nX: " + long[:1000], "t.txt:1: header X has 1000 bytes; allowed: at most 900"},
		{"http", "GET http://h/" + long[:1000], "has 1001 characters; allowed: at most 900"},
		{"http", "GET http://h/a\n# c\nGET http://h/b", `header "GET http" cannot be sent`},
		{"http", "GET http://h/\nX: \x1b[2J", "cannot be sent"},
		{"http", "GET http://h/\nX: ${env.HOME}", "header X has a ${…}, which a suite takes for a field"},
		{"http", "GET http://h/\nCookie: ${x}=1", "has a ${…}"},
		{"http", "GET http://h/\nHost: other", "header Host names other beside the URL's h"},
		{"http", "GET http://h/\nX-Api-Key: abc", "header X-Api-Key has a credential of 3 bytes; allowed: 4 or more"},
		{"json", "{}", "t.txt:1: target: required method is missing; allowed: the format json of vegeta"},
		{"json", "\n{\"method\": \"GET\"}", "t.txt:2: target: required url is missing"},
		{"json", "GET http://h/", "t.txt:1: parse error"},
		{"json", `{"method":"GET","url":"http://h","body":"NOT BASE64"}`, "illegal base64"},
		{"json", `{"method":"GET","url":"http://h","body":"/w=="}`, "the body is no text in UTF-8"},
		{"json", `{"method":"GET","url":"http://h","body":"JHtzZXF9"}`, "the body has a ${…}"},
		{"json", `{"method":"GET","url":"http://h","body":"eyJwYXNzd29yZCI6Ing1In0="}`, "has a credential in it"},
		{"json", `{"method":"GET","url":"http://h","body":"YT0xJnBhc3N3b3JkPTE="}`, "has a credential in it"},
	} {
		_, err := read(row.text, row.format)
		assert.ErrorContains(t, err, row.want, "%.80s", row.text)
	}
	_, err := read(strings.Repeat(" ", 51<<20), "http")
	assert.ErrorContains(t, err, "t.txt has more than 50 MiB")
	var many strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&many, "GET http://h/%d\n", i)
	}
	_, err = read(many.String(), "http")
	assert.ErrorContains(t, err, "t.txt:1001: one target too many; allowed: at most 1000 that differ")
	assert.EqualValues(t, request.MaxBody, targets.MaxBody, "what a suite allows")
}

// requireUsable makes a suite of targets and compiles its requests, with the credentials in the environment.
func requireUsable(t *testing.T, file *targets.Targets) {
	t.Helper()
	made, err := loadtest.Suite(loadtest.Options{
		Rate: "100", Duration: "30s", Runs: 6, Warmup: "1s", Errors: "0.1 %", Timeout: "10s", Connections: 64,
		Arrivals: "constant", Memory: "512 MiB", Method: "GET", Ready: "/", Header: []string{"X-Of-All: 1"},
	}, file)
	if err != nil {
		require.ErrorContains(t, err, "--targets: a suite of these")
		return
	}
	s, err := suite.Parse("made", made.Text)
	require.NoError(t, err, "%s", made.Text)
	w, _ := s.Workload("requests")
	require.Len(t, w.Requests, len(file.Requests))
	for i, r := range file.Requests {
		assert.Equal(t, r.Path, w.Requests[i].Path)
		assert.Equal(t, r.Body, w.Requests[i].Body)
		assert.Equal(t, r.File, w.Requests[i].File)
	}
	for _, secret := range file.Secrets {
		if len(secret.Value) > 7 { // a shorter one may stand there for another reason
			assert.NotContains(t, string(made.Text), secret.Value)
		}
	}
	programs, secrets, err := request.CompileAll(s, ".", file.Secrets.Env(func(string) string { return "" }))
	require.NoError(t, err)
	for _, secret := range file.Secrets {
		assert.NotContains(t, secrets.Hide(secret.Value), secret.Value)
	}
	source := programs["requests"].Source(1, "salt")
	for range len(file.Requests) {
		require.NotNil(t, source.Next())
	}
}

// FuzzRead reads any text in both formats: what is read must become a suite, and no file is opened that size does not
// know.
func FuzzRead(f *testing.F) {
	f.Add([]byte("GET http://h/a?token=abcd\nX: 1\n@testdata/thing.json\n\n#\nPOST http://u:p@h/\nCookie: a=1"), false)
	f.Add([]byte("GET http://h/\nGET http://h/\n@large\n@\n"), false)
	f.Add([]byte(`{"method":"PUT","url":"http://h/{","header":{"a":["b","c"]},"body":"UHVuY2gh"}`), true)
	f.Add([]byte("{\"method\":\"GET\",\"url\":\"http://[::1]:80?a=%zz&key=abcdef\"}\n{}"), true)
	f.Fuzz(func(t *testing.T, data []byte, json bool) {
		if len(data) > 1<<15 {
			t.Skip("large")
		}
		format := map[bool]string{true: "json", false: "http"}[json]
		got, err := read(string(data), format)
		if err != nil {
			assert.NotContains(t, err.Error(), "\x1b")
			return
		}
		require.NotEmpty(t, got.Requests)
		requireUsable(t, got)
	})
}
