package har_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/draft/har"
	"github.com/nameplate-dev/nameplate/harness/request"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// recorded is a recording of the entries.
func recorded(entries ...string) []byte {
	return []byte(`{"log": {"entries": [` + strings.Join(entries, ",") + `]}}`)
}

// seen is an entry of a request for a URL that was answered with JSON.
func seen(method, url string) string { return with(method, url, 200, "application/json", "null") }

func with(method, url string, status int, mime, post string) string {
	text, err := json.Marshal(map[string]any{
		"request": map[string]any{"method": method, "url": url, "postData": json.RawMessage(post),
			"headers": []map[string]string{
				{"name": "accept", "value": "application/json"}, {"name": "Cookie", "value": "sid=COOKIE"},
				{"name": "authorization", "value": "Bearer HEADER"},
				{"name": "X-Api-Key", "value": "APIKEY"}, {"name": "User-Agent", "value": "me"},
			}},
		"response": map[string]any{"status": status, "content": map[string]string{"mimeType": mime}},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// post is the postData of a body.
func post(mime, text string) string {
	data, err := json.Marshal(map[string]string{"mimeType": mime, "text": text})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// parsed is the suite that is drafted of a recording, which must be good as it is: it is read, its
// fields are known, and its requests can be made.
func parsed(t *testing.T, data []byte, o har.Options) (*suite.Suite, string) {
	t.Helper()
	d, err := har.Read("app.har", data, o)
	require.NoError(t, err)
	text, err := d.Suite()
	require.NoError(t, err)
	s, err := suite.Parse("drafted", text)
	require.NoError(t, err)
	requireUsable(t, s)
	return s, string(text)
}

func requireUsable(t *testing.T, s *suite.Suite) {
	t.Helper()
	p, err := request.Compile(s.Workloads[0], "", func(string) string { return "secret" }, &secret.Set{})
	require.NoError(t, err)
	source := p.Source(1, "salt")
	for range 20 {
		r := source.Next()
		require.NotNil(t, r)
		_, err := http.NewRequest(r.Method, "http://127.0.0.1"+r.Path, nil)
		require.NoError(t, err)
	}
}

func TestWhatWasRecordedOftenIsAskedForOften(t *testing.T) {
	s, text := parsed(t, recorded(
		seen("GET", "http://localhost:9000/a"), seen("GET", "http://localhost:9000/b?x=1"),
		seen("GET", "http://localhost:9000/b?x=1"), seen("GET", "http://localhost:9000/b?x=2"),
		seen("HEAD", "http://localhost:9000/b?x=1"), seen("GET", "https://cdn.example.com/c"),
	), har.Options{})
	assert.Equal(t, "http://localhost:9000", s.System.URL)
	all := s.Workloads[0].Requests
	require.Len(t, all, 4)
	assert.Equal(t, suite.HTTPRequest{
		Name: "get-b", Weight: 2, Path: "/b?x=1", Headers: []suite.Pair{{Name: "Accept", Value: "application/json"}},
		Expect: suite.Expect{Status: 200, Headers: []suite.Pair{{Name: "Content-Type", Value: "json"}}},
	}, all[0])
	assert.Equal(t, "/a", all[1].Path)
	assert.Equal(t, "/b?x=2", all[2].Path)
	assert.Equal(t, "HEAD", all[3].Method)
	assert.Contains(t, text, "- 1 recorded requests: of other hosts")
}

func TestWhatIsNoUseForALoadTestIsLeftOut(t *testing.T) {
	data := recorded(
		seen("GET", "http://localhost/a"), with("GET", "http://localhost/missing", 404, "text/html", "null"),
		with("GET", "http://localhost/blocked", 0, "", "null"), seen("GET", "data:image/png;base64,AAAA"),
		seen("GET", "ws://localhost/socket"), seen("GET", "chrome-extension://abc/x"), seen("GET", "::"),
		with("GET", "http://localhost/logo", 200, "image/png", "null"), seen("GET", "http://localhost/app.js?v=1"),
		with("GET", "http://localhost/style", 200, "text/css; charset=utf-8", "null"),
	)
	s, text := parsed(t, data, har.Options{})
	assert.Len(t, s.Workloads[0].Requests, 1)
	assert.Contains(t, text, "- 3 recorded requests: static assets, which --all keeps")
	assert.Contains(t, text, "- 2 recorded requests: not answered, or with a status of 400 or more")
	assert.Contains(t, text, "- 4 recorded requests: no request of http or https")
	s, _ = parsed(t, data, har.Options{All: true})
	assert.Len(t, s.Workloads[0].Requests, 4)
	s, _ = parsed(t, data, har.Options{All: true, Paths: []string{"/a"}})
	assert.Len(t, s.Workloads[0].Requests, 2)
}

func TestWhatChangesStateIsAComment(t *testing.T) {
	data := recorded(seen("GET", "http://localhost/a"), seen("POST", "http://localhost/a"),
		seen("DELETE", "http://localhost/a"), seen("PROPFIND", "http://localhost/a"))
	s, text := parsed(t, data, har.Options{})
	assert.Len(t, s.Workloads[0].Requests, 1)
	assert.Contains(t, text, "#   method: DELETE")
	assert.Contains(t, text, "- PROPFIND /a: the method is none of")
	s, _ = parsed(t, data, har.Options{Writes: true})
	assert.Len(t, s.Workloads[0].Requests, 3)
}

const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sflKxwRJSMeKKF2QT4"

func TestNoCredentialIsCopied(t *testing.T) {
	for name, entry := range map[string]string{
		"a header":          seen("GET", "http://localhost/a"),
		"of the URL itself": seen("GET", "http://me:SECRET@localhost/a"),
		"a query": seen("GET", "http://localhost/a?x=1&access_token=SECRET&apiKey=SECRET&session-id=SECRET"+
			"&X-Amz-Signature=SECRET&code=SECRET"),
		"a token in a path": seen("GET", "http://localhost/reset/"+token+"/x"),
		"a form": with("POST", "http://localhost/a", 200, "",
			post("application/x-www-form-urlencoded", "user=me&password=SECRET&x=${seq}")),
		"a form in params": with("POST", "http://localhost/a", 200, "",
			`{"mimeType": "application/x-www-form-urlencoded", "params": [`+
				`{"name": "user", "value": "me"}, {"name": "passwd", "value": "SECRET"}]}`),
		"JSON": with("POST", "http://localhost/a", 200, "", post("application/json",
			`{"user": "me", "login": {"newPassword": "SECRET", "pin": 1234567, "list": [`+
				`"Bearer SECRETSECRETSECRET", "`+token+`"]}, "x": "${seq}"}`)),
		"a text": with("POST", "http://localhost/a", 200, "",
			post("text/plain", "my key is ghp_SECRETSECRETSECRET")),
		"what is not known": with("POST", "http://localhost/a", 200, "",
			post("application/x-protobuf", "password SECRET")),
		"no JSON": with("POST", "http://localhost/a", 200, "",
			post("application/json", `{"password": "SECRET"`)),
		"parts of a form": with("POST", "http://localhost/a", 200, "",
			post("multipart/form-data; boundary=x", "--x\r\nname=password\r\n\r\nSECRET")),
	} {
		t.Run(name, func(t *testing.T) {
			_, text := parsed(t, recorded(entry, seen("GET", "http://localhost/other")), har.Options{Writes: true})
			for _, secret := range []string{"SECRET", "COOKIE", "HEADER", "APIKEY", "1234567", token} {
				assert.NotContains(t, text, secret)
			}
			assert.Contains(t, text, "Was recorded with Authorization, Cookie, X-Api-Key, not copied.")
		})
	}
}

func TestFieldsStandForWhatWasNotCopied(t *testing.T) {
	s, text := parsed(t, recorded(
		seen("GET", "http://localhost/a?user=1&accessToken=abc"),
		with("POST", "http://localhost/login", 200, "",
			post("application/json", `{"user": "${seq}", "n": 1.50, "password": "p"}`)),
	), har.Options{Writes: true})
	all := s.Workloads[0].Requests
	assert.Equal(t, "/a?user=1&accessToken=${env.ACCESS_TOKEN}", all[0].Path)
	assert.Equal(t, `{"n":1.50,"password":"${env.PASSWORD}","user":"\u0024{seq}"}`, all[1].Body)
	assert.Contains(t, text, "Not copied, but taken from the environment: PASSWORD")
}

func TestHarmlessNamesAreNoCredentials(t *testing.T) {
	const path = "/a?country_code=DE&sort_key=name&author=me&passenger=2&monkey=1&page=3&assign=x"
	s, _ := parsed(t, recorded(seen("GET", "http://localhost"+path)), har.Options{})
	assert.Equal(t, path, s.Workloads[0].Requests[0].Path)
}

func TestBodiesAreBounded(t *testing.T) {
	entry := func(n int) string {
		return with("POST", "http://localhost/a", 201, "", post("text/plain", strings.Repeat("x", n)))
	}
	s, _ := parsed(t, recorded(entry(draft.MaxBody)), har.Options{Writes: true})
	assert.Len(t, s.Workloads[0].Requests[0].Body, draft.MaxBody)
	s, text := parsed(t, recorded(entry(draft.MaxBody+1)), har.Options{Writes: true})
	assert.Empty(t, s.Workloads[0].Requests[0].Body)
	assert.Contains(t, text, "Give it by body_file.")
	_, text = parsed(t, recorded(entry(1), entry(2)), har.Options{Writes: true})
	assert.Contains(t, text, "2 different bodies were recorded; this is the first.")
}

func TestWhatAnAnswerMustBe(t *testing.T) {
	url := "http://localhost/a"
	for name, row := range map[string]struct {
		entries []string
		want    suite.Expect
	}{
		"most often": {
			[]string{
				with("GET", url, 302, "", "null"), with("GET", url, 302, "", "null"), with("GET", url, 200, "", "null"),
			}, suite.Expect{Status: 302},
		},
		"a cache": {[]string{with("GET", url, 304, "application/json", "null")}, suite.Expect{}},
		"not JSON every time": {
			[]string{with("GET", url, 200, "text/html", "null"), seen("GET", url)}, suite.Expect{Status: 200},
		},
	} {
		s, _ := parsed(t, recorded(row.entries...), har.Options{})
		assert.Equal(t, row.want, s.Workloads[0].Requests[0].Expect, name)
	}
}

// bad are recordings of which nothing can be drafted.
var bad = map[string]struct{ text, why string }{
	"nothing":       {"", "is no HAR file"},
	"no JSON":       {"log:", "is no HAR file"},
	"another type":  {`{"log": {"entries": {}}}`, "is no HAR file"},
	"no log":        {`{"a": 1}`, "has no log"},
	"null":          {`null`, "has no log"},
	"no entries":    {`{"log": {"version": "1.2"}}`, "holds no requests"},
	"null entries":  {`{"log": {"entries": [null, null]}}`, "no request of http or https that was answered well"},
	"only failures": {string(recorded(with("GET", "http://localhost/", 500, "", "null"))), "answered well"},
	"only data":     {string(recorded(seen("GET", "data:,x"))), "answered well"},
	"only assets":   {string(recorded(seen("GET", "http://localhost/x.png"))), "--all"},
	"only writes":   {string(recorded(seen("POST", "http://localhost/x"))), "--writes"},
	"an odd host":   {string(recorded(seen("GET", "http://a b/x"))), "answered well"},
	"too long a path": {string(recorded(seen("GET", "http://localhost/"+strings.Repeat("x", 5000)))),
		"no request that a suite can hold"},
}

func TestBadRecordingsAreRefused(t *testing.T) {
	for name, row := range bad {
		d, err := har.Read("app.har", []byte(row.text), har.Options{})
		if err == nil {
			_, err = d.Suite()
		}
		assert.ErrorContains(t, err, row.why, name)
	}
	_, err := har.Read("app.har", make([]byte, draft.MaxInput+1), har.Options{})
	assert.ErrorContains(t, err, "more than 50 MiB")
}

func FuzzRead(f *testing.F) {
	for _, row := range bad {
		f.Add([]byte(row.text))
	}
	f.Add(
		recorded(seen("GET", "http://localhost:1/a?x=${seq}&token=1"),
			with("POST", "https://h/%zz?%zz=%&a b", 201, "", post("application/json", `{"a": ["\u0000"]}`))),
	)
	f.Add(
		recorded(with("PUT", "http://[::1]/ä", 204, "", post("text/plain", "\u2028 \x00 ${a")),
			with("GET", "http://localhost/\"'\\", 206, "text/html", "null")),
	)
	f.Add(recorded(seen("GET", "http://loCAlhost:#")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("large")
		}
		d, err := har.Read("app.har", data, har.Options{Writes: true, All: true})
		if err != nil {
			return
		}
		text, err := d.Suite()
		if err != nil {
			require.ErrorContains(t, err, "no request that a suite can hold")
			return
		}
		s, err := suite.Parse("drafted", text)
		require.NoError(t, err)
		requireUsable(t, s)
	})
}
