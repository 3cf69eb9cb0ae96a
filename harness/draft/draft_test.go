package draft_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/request"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func get(path string) draft.Request {
	return draft.Request{HTTPRequest: suite.HTTPRequest{Path: path}}
}

func drafted(requests ...draft.Request) draft.Draft {
	return draft.Draft{
		Title: "Orders", Source: "openapi.yaml", System: draft.System{URL: "http://127.0.0.1:8080"}, Requests: requests,
	}
}

// parsed is the suite of a draft, which must be good as it is.
func parsed(t *testing.T, d draft.Draft) (*suite.Suite, string) {
	t.Helper()
	text, err := d.Suite()
	require.NoError(t, err)
	s, err := suite.Parse("drafted", text)
	require.NoError(t, err, "%s", text)
	_, err = request.Compile(s.Workloads[0], "", func(string) string { return "secret" }, &secret.Set{})
	require.NoError(t, err)
	return s, string(text)
}

func TestADraftHasClaimsToFillIn(t *testing.T) {
	s, text := parsed(t, drafted(get("/orders")))
	var metrics []string
	for _, c := range s.Claims {
		metrics = append(metrics, c.Metric)
		assert.NotEmpty(t, c.Derived, "an example must not pass for what a document states")
	}
	assert.Equal(t, []string{"rate", "p99", "errors"}, metrics)
	assert.Equal(t, "orders", s.Name)
	for _, said := range []string{
		"TODO: the document that states the figures", "source: docs/capacity.md#load", "an error budget",
		"nameplate verify FILE",
	} {
		assert.Contains(t, text, said)
	}
}

func TestWhatTheExampleOfASentenceAmountsToIsASuite(t *testing.T) {
	text, err := drafted(get("/orders")).Suite()
	require.NoError(t, err)
	before, after, ok := strings.Cut(string(text), "\nclaims:\n")
	require.True(t, ok)
	_ = after
	claims := ""
	for line := range strings.Lines(before) {
		if strings.HasPrefix(line, "#   - {id:") {
			claims += "  " + strings.TrimPrefix(line, "#   ")
		}
	}
	require.NotEmpty(t, claims)
	s, err := suite.Parse("followed",
		[]byte(strings.Replace(before, "rate: 50 req/s", "rate: 300 req/s", 1)+"\nclaims:\n"+claims))
	require.NoError(t, err)
	assert.Len(t, s.Claims, 2)
}

func TestRequestsComeBackAsTheyWereGiven(t *testing.T) {
	long := strings.Repeat(`word "quoted" \ back `, 300)
	for name, r := range map[string]suite.HTTPRequest{
		"plain":    {Path: "/"},
		"fields":   {Path: "/a/${random:1-9}?x=${seq}&y=a,b:c"},
		"odd path": {Path: `/a"b'c|d:`},
		"headers": {
			Path: "/", Headers: []suite.Pair{{Name: "Accept", Value: "text/html"}, {Name: "on", Value: "no"},
				{Name: "X-A", Value: ` # "x": {`}, {Name: "1", Value: "1.0"}},
		},
		"long header": {
			Path: "/", Headers: []suite.Pair{{Name: "X-Long", Value: strings.Repeat("abc  ", 150) + "."}},
		},
		"long text":   {Path: "/", Method: "POST", Body: long},
		"control":     {Path: "/", Method: "POST", Body: "a\r\n\tb\x00\x7f\u2028\ufeff\U0001f600\U000e0001"},
		"spaces":      {Path: "/", Method: "POST", Body: strings.Repeat(" ", 1000)},
		"line ends":   {Path: "/", Method: "POST", Body: strings.Repeat("\n", 1000)},
		"starts like": {Path: "/", Method: "POST", Body: "- a: b # c"},
		"only fields": {Path: "/", Method: "POST", Body: "${seq}"},
		"wide":        {Path: "/", Method: "POST", Body: strings.Repeat("漢", 2000)},
		"expectation": {
			Path: "/", Expect: suite.Expect{Status: 201, Headers: []suite.Pair{{Name: "Content-Type", Value: "json"}}},
		},
		"most of a body": {Path: "/", Method: "POST", Body: strings.Repeat("x", draft.MaxBody)},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := parsed(t, drafted(draft.Request{HTTPRequest: r}))
			require.Len(t, s.Workloads[0].Requests, 1)
			got := s.Workloads[0].Requests[0]
			assert.Equal(t, r.Path, got.Path)
			assert.Equal(t, r.Headers, got.Headers)
			assert.Equal(t, r.Body, got.Body)
			assert.Equal(t, r.Expect, got.Expect)
		})
	}
}

func TestALongJSONBodyIsShownOverSeveralLines(t *testing.T) {
	body := `{"name":"` + strings.Repeat("x", 100) + `","text":"# a: \u0024{b}","list":[1,2,{}]}`
	s, text := parsed(t, drafted(draft.Request{HTTPRequest: suite.HTTPRequest{Method: "POST", Path: "/", Body: body}}))
	assert.JSONEq(t, body, s.Workloads[0].Requests[0].Body)
	assert.Contains(t, text, "body: |-")
	assert.False(t, draft.HasField(s.Workloads[0].Requests[0].Body))
}

func TestWhatASuiteCannotHoldIsLeftOutAndSaid(t *testing.T) {
	for name, r := range map[string]suite.HTTPRequest{
		"the method is none of": {Method: "TRACE", Path: "/"},
		"more than 900":         {Path: "/" + strings.Repeat("a", 1000)},
		"more than 16384 bytes": {Method: "POST", Path: "/", Body: strings.Repeat("a", draft.MaxBody+1)},
		"is no text":            {Method: "POST", Path: "/", Body: "\xff"},
		"cannot be asked for":   {Path: "/a b"},
		"cannot be sent":        {Path: "/", Headers: []suite.Pair{{Name: "X", Value: "a\r\nb"}}},
	} {
		_, text := parsed(t, drafted(get("/good"), draft.Request{HTTPRequest: r}))
		assert.Contains(t, text, "# Left out:")
		assert.Contains(t, strings.Join(strings.Fields(strings.ReplaceAll(text, "#", "")), " "), name)
		_, err := drafted(draft.Request{HTTPRequest: r}).Suite()
		assert.ErrorContains(t, err, "no request that a suite can hold")
	}
}

func TestRequestsThatAreNotSentAreCommentsThatCanBeTakenAway(t *testing.T) {
	off := draft.Request{
		HTTPRequest: suite.HTTPRequest{
			Name: "drop", Method: "DELETE", Path: "/orders/1", Body: `{"why":"` + strings.Repeat("x", 200) + `"}`,
		}, Off: true,
	}
	s, text := parsed(t, drafted(off, get("/orders")))
	require.Len(t, s.Workloads[0].Requests, 1)
	assert.Equal(t, "/orders", s.Workloads[0].Requests[0].Path)
	_, err := drafted(off).Suite()
	require.Error(t, err)

	head, rest, ok := strings.Cut(text, "take the # away from those that may be.\n")
	require.True(t, ok)
	s, err = suite.Parse("uncommented", []byte(head+"\n"+strings.ReplaceAll(rest, "\n      # ", "\n      ")))
	require.Error(t, err, "the first line of the comment is still one")
	assert.Nil(t, s)
	s, err = suite.Parse("uncommented", []byte(head+"\n"+strings.ReplaceAll("\n"+rest, "\n      # ", "\n      ")))
	require.NoError(t, err)
	require.Len(t, s.Workloads[0].Requests, 2)
	assert.Equal(t, "DELETE", s.Workloads[0].Requests[1].Method)
}

func TestNamesAreGoodAndUnique(t *testing.T) {
	for given, want := range map[string]string{
		"listPets": "list-pets", "getHTTPServer2Status": "get-http-server2-status", "GET /a/{id}": "get-a-id",
		"2fa": "r2fa", "--": "otherwise", "": "otherwise", "ÄÖ": "otherwise", "a_b.c": "a-b-c",
		strings.Repeat("ab-", 40): strings.Repeat("ab-", 20) + "ab-"[:2],
	} {
		assert.Equal(t, want, draft.Name(given, "otherwise"), given)
	}
	var all []draft.Request
	for i := range 30 {
		r := get(fmt.Sprintf("/%d", i))
		r.Name = []string{"same", "same-2", strings.Repeat("x", 80)}[i%3]
		all = append(all, r)
	}
	s, _ := parsed(t, drafted(all...))
	seen := map[string]bool{}
	for _, r := range s.Workloads[0].Requests {
		assert.False(t, seen[r.Name], r.Name)
		seen[r.Name] = true
	}
	assert.Len(t, seen, 30)
}

func TestMoreRequestsThanASuiteHoldsAreCounted(t *testing.T) {
	var all []draft.Request
	for i := range 5000 {
		all = append(all, get(fmt.Sprintf("/%d", i)))
	}
	s, text := parsed(t, drafted(all...))
	n := len(s.Workloads[0].Requests)
	assert.LessOrEqual(t, n, 1000)
	assert.Contains(t, text, fmt.Sprintf("%d further requests are left out", 5000-n))
	assert.LessOrEqual(t, len(text), suite.MaxFile)
}

func TestForeignTextIsOnlyAComment(t *testing.T) {
	nasty := "x\nclaims: []\n\u2028\x00\xff\t---\n" + strings.Repeat("y", 5000)
	d := drafted(get("/"))
	d.Title, d.Source, d.Notes, d.LeftOut = nasty, nasty, []string{nasty}, []string{nasty}
	d.System.Notes = []string{nasty}
	d.Requests[0].Notes, d.Requests[0].Hints = []string{nasty}, []string{nasty}
	for range 100 {
		d.LeftOut = append(d.LeftOut, nasty)
	}
	s, text := parsed(t, d)
	assert.Len(t, s.Claims, 3)
	assert.Contains(t, text, "and 81 more")
}

func TestWhereTheSystemIs(t *testing.T) {
	for _, row := range []struct {
		name, described string
		where           draft.Where
		url, prefix     string
		said            string
	}{
		{"nothing is known", "", draft.Where{}, "http://127.0.0.1:8080", "", "is a guess"},
		{"a server of this machine", "http://localhost:9000/v1/", draft.Where{}, "http://localhost:9000", "/v1", ""},
		{"a port that is none", "http://localhost:/", draft.Where{}, "http://localhost", "", ""},
		{"a server elsewhere", "https://api.example.com/v2", draft.Where{}, "http://127.0.0.1:8080", "/v2",
			"https://api.example.com, which is not loaded unasked"},
		{"credentials are dropped", "http://me:secret@api.example.com/", draft.Where{}, "http://127.0.0.1:8080", "",
			"http://api.example.com, which"},
		{"a relative one", "/api/v1", draft.Where{}, "http://127.0.0.1:8080", "/api/v1", "is a guess"},
		{"without its slash", "api", draft.Where{}, "http://127.0.0.1:8080", "/api", "is a guess"},
		{"an unfilled template", "https://{region}.example.com/v1", draft.Where{}, "http://127.0.0.1:8080", "",
			"is a guess"},
		{"over TLS", "https://127.0.0.1:8443/v2", draft.Where{}, "https://127.0.0.1:8443", "/v2", ""},
		{"over TLS, as the user says", "", draft.Where{URL: "https://127.0.0.1/v2"}, "https://127.0.0.1", "/v2", ""},
		{"as the user says", "https://api.example.com/v2", draft.Where{URL: "http://127.0.0.1:1"}, "http://127.0.0.1:1",
			"/v2", ""},
		{"with another path", "https://api.example.com/v2", draft.Where{URL: "http://[::1]:1/x"}, "http://[::1]:1",
			"/x", ""},
		{"with no path", "https://api.example.com/v2", draft.Where{URL: "http://127.0.0.1:1/"}, "http://127.0.0.1:1",
			"", ""},
		{"not this machine", "", draft.Where{URL: "http://staging:80"}, "http://staging:80", "",
			"add i_own: [staging]"},
		{"owned", "", draft.Where{URL: "http://staging:80", IOwn: []string{"staging"}}, "http://staging:80", "", ""},
		{"a command", "https://api.example.com/v2", draft.Where{Command: "node server.js"}, "http://127.0.0.1:${port}",
			"/v2", ""},
		{"a command elsewhere", "", draft.Where{Command: "node server.js", URL: "http://localhost:${port}/x"},
			"http://localhost:${port}", "/x", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			system, prefix, err := row.where.Place(row.described)
			require.NoError(t, err)
			assert.Equal(t, row.url, system.URL)
			assert.Equal(t, row.prefix, prefix)
			assert.Contains(t, strings.Join(system.Notes, " "), row.said)
			assert.Equal(t, row.said == "", len(system.Notes) == 0, system.Notes)
			assert.NotContains(t, strings.Join(system.Notes, " "), "secret")
			d := drafted(get("/"))
			d.System = system
			s, _ := parsed(t, d)
			assert.Equal(t, row.where.IOwn, s.System.IOwn)
		})
	}
}

func TestWhereTheSystemCannotBe(t *testing.T) {
	for _, w := range []draft.Where{
		{URL: "127.0.0.1:80"}, {URL: "http://"}, {URL: "ftp://x"}, {URL: "http://127.0.0.1:${port}"},
		{URL: "http://a b"}, {URL: "http://staging", Command: "x"}, {Command: "x ${prot}"}, {Command: " "},
		{Command: "a\nb"},
	} {
		_, _, err := w.Place("")
		assert.ErrorContains(t, err, "allowed: ", "%+v", w)
	}
}

func TestACommandThatNeedsAShellGetsOne(t *testing.T) {
	for command, want := range map[string][]string{
		"node server.js":           {"node", "server.js"},
		"serve -p ${port}":         {"serve", "-p", "${port}"},
		"A=1 node 'my app.js'":     {"sh", "-c", "A=1 node 'my app.js'"},
		"cd x && node app ${port}": {"sh", "-c", "cd x && node app ${port}"},
	} {
		system, _, err := draft.Where{Command: command}.Place("")
		require.NoError(t, err)
		assert.Equal(t, want, system.Command)
		d := drafted(get("/"))
		d.System = system
		s, _ := parsed(t, d)
		assert.Equal(t, want, s.System.Command)
		assert.Equal(t, suite.SystemCommand, s.System.Kind)
	}
}

func TestEscapedTextsHaveNoFieldsAndMeanTheSame(t *testing.T) {
	nasty := "a ${b}/?#%zz&=\"\n漢\xff"
	for _, path := range []string{draft.Path("/" + nasty), "/" + draft.Escape(nasty)} {
		assert.False(t, draft.HasField(path))
		_, err := http.NewRequest("GET", "http://127.0.0.1"+path, nil)
		assert.NoError(t, err)
		parsed(t, drafted(get(path)))
	}
	assert.Equal(t, "/a%20b?c=%41[]", draft.Path("/a b?c=%41[]"), "what is escaped stays so")
	given := map[string]string{"${a}": "${b}"}
	text, err := json.Marshal(given)
	require.NoError(t, err)
	var back map[string]string
	require.NoError(t, json.Unmarshal([]byte(draft.JSONText(string(text))), &back))
	assert.Equal(t, given, back)
}
