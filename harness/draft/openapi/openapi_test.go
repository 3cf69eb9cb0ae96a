package openapi_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/draft"
	"github.com/nameplate-dev/nameplate/harness/draft/openapi"
	"github.com/nameplate-dev/nameplate/harness/request"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// document is an OpenAPI document with the given paths, in YAML.
func document(paths string) []byte {
	return []byte("openapi: 3.0.3\ninfo: {title: Orders, version: '1'}\npaths:\n" + indent(paths))
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

// parsed is the suite that is drafted of a document, which must be good as it is: it is read, its
// fields are known, and its requests can be made.
func parsed(t *testing.T, data []byte, o openapi.Options) (*suite.Suite, string) {
	t.Helper()
	d, err := openapi.Read("api.yaml", data, o)
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

func TestPublicDocumentsBecomeSuites(t *testing.T) {
	effort.NoGoroutines(t)
	for file, want := range map[string]struct {
		requests, all int // sent unasked, and with writes
		paths         []string
	}{
		"petstore.yaml": {
			8, 19, []string{"/api/v3/pet/findByStatus?status=available", "/api/v3/store/inventory"},
		},
		"prometheus.yaml":           {32, 53, []string{"/api/v1/query?query=up", "/api/v1/status/buildinfo"}},
		"kubernetes-discovery.json": {7, 12, []string{"/apis/discovery.k8s.io/v1/endpointslices"}},
	} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "public", file))
			require.NoError(t, err)
			s, _ := parsed(t, data, openapi.Options{})
			var paths []string
			for _, r := range s.Workloads[0].Requests {
				paths = append(paths, r.Path)
				assert.True(t, draft.Safe(cmp.Or(r.Method, "GET")), "%s %s would be sent unasked", r.Method, r.Path)
			}
			assert.Subset(t, paths, want.paths)
			assert.Len(t, paths, want.requests)
			s, _ = parsed(t, data, openapi.Options{Writes: true})
			assert.Len(t, s.Workloads[0].Requests, want.all)
		})
	}
}

// inPath and inQuery are a path with one parameter, as it is described.
func inPath(parameter string) string {
	return "/a/{id}: {get: {parameters: [{name: id, in: path, required: true, " + parameter + "}]}}"
}

func inQuery(parameter string) string {
	return "/a: {get: {parameters: [{name: n, in: query, required: true, " + parameter + "}]}}"
}

func TestAnOperationBecomesARequest(t *testing.T) {
	const integer = "schema: {type: integer"
	for _, row := range []struct{ name, paths, path, want string }{
		{"an example of a parameter", inPath("example: 7, " + integer + ", minimum: 1, maximum: 9}"), "/a/7", ""},
		{"the first of its examples by name", inPath("examples: {b: {value: y}, a: {value: x z}}"), "/a/x%20z", ""},
		{"bounds", inPath(integer + ", minimum: 1, maximum: 9}"), "/a/${random:1-9}", ""},
		{
			"bounds that are excluded",
			inPath(integer + ", minimum: 1, maximum: 9, exclusiveMinimum: true, exclusiveMaximum: true}"),
			"/a/${random:2-8}", "",
		},
		{"negative bounds are no field", inPath(integer + ", minimum: -5, maximum: -2}"), "/a/-2", "made up"},
		{"a default", inQuery(integer + ", default: 20}"), "/a?n=20", ""},
		{"an enumeration", inQuery("schema: {type: string, enum: [up, down]}"), "/a?n=up", ""},
		{"nothing but a type", inPath(integer + "}"), "/a/1", "made up, for the document gives no example: id"},
		{"a format", inPath("schema: {type: string, format: uuid}"), "/a/00000000-0000-4000-8000-000000000001",
			"made up"},
		{"a parameter that is not described", "/a/{id}: {get: {}}", "/a/text", "made up"},
		{
			"a parameter of the path",
			"/a/{id}: {parameters: [{name: id, in: path, required: true, example: 1}], get: {parameters: [{name: id, " +
				"in: path, required: true, example: 2}]}}", "/a/2", "",
		},
		{"what is not required", "/a: {get: {parameters: [{name: n, in: query, example: 1}]}}", "/a", ""},
		{"a list", inQuery("example: [x, y]"), "/a?n=x&n=y", ""},
		{"a list in one", inQuery("explode: false, example: [x, y]"), "/a?n=x%2Cy", ""},
		{"a deep object", inQuery("style: deepObject, example: {x: 1}"), "/a?n%5Bx%5D=1", ""},
		{"an object as JSON", inQuery("content: {application/json: {example: {x: 1}}}"), "/a?n=%7B%22x%22%3A1%7D", ""},
		{
			"two of a query",
			"/a: {get: {parameters: [{name: m, in: query, required: true, example: 1}, {name: n, in: query, " +
				"required: true, example: 2}]}}", "/a?m=1&n=2", "",
		},
		{"a field that is none", inPath("example: '${env.HOME}'"), "/a/%24%7Benv.HOME%7D", ""},
		{"characters that no path has", "'/a b/ä\"': {get: {}}", "/a%20b/%C3%A4%22", ""},
		{"a segment that would be empty", inPath("example: ''"), "/a/1", ""},
		{"its summary", "/a: {get: {summary: \"All of\\nthem\", deprecated: true}}", "/a", "# All of them"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, text := parsed(t, document(row.paths), openapi.Options{})
			require.Len(t, s.Workloads[0].Requests, 1)
			assert.Equal(t, row.path, s.Workloads[0].Requests[0].Path)
			assert.Contains(t, text, row.want)
		})
	}
}

func TestWhatAnAnswerMustBe(t *testing.T) {
	ofJSON := suite.Expect{Status: 200, Headers: []suite.Pair{{Name: "Content-Type", Value: "json"}}}
	for responses, want := range map[string]suite.Expect{
		"{'204': {description: x}, '200': {description: x}}":                         {Status: 200},
		"{'2XX': {description: x}}":                                                  {},
		"{default: {description: x}}":                                                {},
		"{'302': {description: x}, '404': {description: x}}":                         {Status: 302},
		"{'200': {description: x, content: {application/json: {}}}}":                 ofJSON,
		"{'200': {description: x, content: {application/problem+json: {}}}}":         ofJSON,
		"{'200': {description: x, content: {text/html: {}}}}":                        {Status: 200},
		"{'200': {description: x}, '201': {content: {application/json: {}}}}":        {Status: 200},
		"{'999': {description: x}, '-1': {description: x}, '1e2': {description: x}}": {},
	} {
		s, _ := parsed(t, document("/a: {get: {responses: "+responses+"}}"), openapi.Options{})
		assert.Equal(t, want, s.Workloads[0].Requests[0].Expect, responses)
	}
	const two = "{'200': {description: x, content: {application/xml: {}, application/json: {}}}}"
	s, _ := parsed(t, document("/a: {get: {responses: "+two+"}}"), openapi.Options{})
	assert.Equal(t, []suite.Pair{{Name: "Accept", Value: "application/json"}}, s.Workloads[0].Requests[0].Headers)
}

func TestABodyIsAnExampleOrTheLeastThatTheSchemaAllows(t *testing.T) {
	for _, row := range []struct{ name, content, mediaType, body string }{
		{"an example", "{application/json: {example: {a: 1}}}", "application/json", `{"a":1}`},
		{"one of several", "{application/json: {examples: {b: {value: 2}, a: {value: 1}}}}", "application/json", `1`},
		{"an example as a text", `{application/json: {example: '{"a":  1}'}}`, "application/json", `{"a":1}`},
		{"of the schema", "{application/json: {schema: {type: object, example: {a: 1}}}}", "application/json",
			`{"a":1}`},
		{
			"what is required",
			"{application/json: {schema: {type: object, required: [n, t], properties: {n: {type: integer, minimum: " +
				"5}, t: {type: string, minLength: 6}, o: {type: string}}}}}", "application/json",
			`{"n":5,"t":"textxx"}`,
		},
		{
			"all that is plain where nothing is",
			"{application/json: {schema: {type: object, properties: {n: {type: number}, o: {type: object}, id: " +
				"{type: string, readOnly: true}}}}}", "application/json", `{"n":1}`,
		},
		{
			"parts",
			"{application/json: {schema: {allOf: [{type: object, required: [a], properties: {a: {type: boolean}}}, " +
				"{required: [b], properties: {b: {type: array, items: {type: string}, minItems: 2}}}]}}}",
			"application/json", `{"a":true,"b":["text","text"]}`,
		},
		{"a choice", "{application/json: {schema: {oneOf: [{type: integer}, {type: string}]}}}", "application/json",
			`1`},
		{"a field that is none", "{application/json: {example: {a: '${env.HOME}'}}}", "application/json",
			`{"a":"\u0024{env.HOME}"}`},
		{"JSON before others", "{text/plain: {}, application/json: {example: 1}}", "application/json", `1`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _ := parsed(t, document("/a: {post: {requestBody: {required: true, content: "+row.content+"}}}"),
				openapi.Options{Writes: true})
			r := s.Workloads[0].Requests[0]
			assert.JSONEq(t, row.body, r.Body)
			assert.Equal(t, []suite.Pair{{Name: "Content-Type", Value: row.mediaType}}, r.Headers)
		})
	}
	s, _ := parsed(
		t,
		document(
			"/a: {post: {requestBody: {content: {application/x-www-form-urlencoded: {example: {b: 'x y', a: "+
				"'${seq}'}}}}}}",
		), openapi.Options{Writes: true},
	)
	assert.Equal(t, "a=%24%7Bseq%7D&b=x%20y", s.Workloads[0].Requests[0].Body)
}

func TestASchemaThatContainsItselfIsBounded(t *testing.T) {
	deep := `
components:
  schemas:
    Node:
      type: object
      required: [a, b, c, d]
      properties: {a: {$ref: '#/components/schemas/Node'}, b: {$ref: '#/components/schemas/Node'}, c: {$ref: '#/components/schemas/Node'}, d: {type: array, minItems: 99, items: {$ref: '#/components/schemas/Node'}}}
`
	data := append(
		document(
			"/a: {get: {}, post: {requestBody: {required: true, content: {application/json: {schema: {$ref: "+
				"'#/components/schemas/Node'}}}}}}",
		), deep...,
	)
	s, _ := parsed(t, data, openapi.Options{Writes: true})
	assert.NotEmpty(t, s.Workloads[0].Requests)
}

func TestWhatIsNotSentUnaskedIsAComment(t *testing.T) {
	paths := "/a: {get: {}, head: {}, options: {}, post: {}, put: {}, patch: {}, delete: {}, trace: {}}"
	for writes, want := range map[bool]string{
		false: "GET HEAD OPTIONS", true: "GET HEAD OPTIONS POST PUT PATCH DELETE",
	} {
		s, _ := parsed(t, document(paths), openapi.Options{Writes: writes})
		var all []string
		for _, r := range s.Workloads[0].Requests {
			all = append(all, cmp.Or(r.Method, "GET"))
		}
		assert.Equal(t, want, strings.Join(all, " "))
	}
	_, text := parsed(t, document(paths), openapi.Options{})
	assert.Contains(t, text, "#   method: DELETE")
	assert.Contains(t, text, "- TRACE /a: the method is none of")
}

func TestOperationsThatCannotBeDraftedAreNamed(t *testing.T) {
	const answered, sent = "/b: {get: {responses: {'200': {description: x, content: ", "/b: {post: {requestBody: {"
	long := strings.Repeat("x", draft.MaxBody)
	for paths, why := range map[string]string{
		"'/b#c': {get: {}}": "what follows a # is never sent",
		"/b: {get: {servers: [{url: " +
			"'http://other.example'}]}}": "it is served elsewhere, by http://other.example",
		answered + "{text/event-stream: {}}}}}}": "its answer is a stream",
		sent + "required: true, content: " +
			"{multipart/form-data: {}}}}}": "a body of multipart/form-data is not drafted",
		sent + "required: true, content: {text/plain: {example: '${seq}'}}}}}": "a body of text/plain is not drafted",
		sent + "content: {application/json: {example: '" + long + "'}}}}}":     "its body has more than 16 KiB",
		"/" + strings.Repeat("b", 2000) + ": {get: {}}":                        "its path has more than",
	} {
		s, text := parsed(t, document("/a: {get: {}}\n"+paths), openapi.Options{})
		assert.Len(t, s.Workloads[0].Requests, 1, paths)
		assert.Contains(t, strings.Join(strings.Fields(strings.ReplaceAll(text, "      #", "")), " "), why)
	}
}

func TestCredentialsComeFromTheEnvironment(t *testing.T) {
	for _, row := range []struct{ scheme, security, header, value, path string }{
		{"{type: http, scheme: bearer}", "[{apiKey: []}]", "Authorization", "Bearer ${env.API_KEY}", "/a"},
		{"{type: http, scheme: basic}", "[{apiKey: []}]", "Authorization", "Basic ${env.API_KEY}", "/a"},
		{"{type: oauth2, flows: {}}", "[{apiKey: [read]}]", "Authorization", "Bearer ${env.API_KEY}", "/a"},
		{"{type: apiKey, in: header, name: X-Key}", "[{apiKey: []}]", "X-Key", "${env.API_KEY}", "/a"},
		{"{type: apiKey, in: cookie, name: sid}", "[{apiKey: []}]", "Cookie", "sid=${env.API_KEY}", "/a"},
		{"{type: apiKey, in: query, name: key}", "[{apiKey: []}]", "", "", "/a?key=${env.API_KEY}"},
		{"{type: http, scheme: bearer}", "[{}, {apiKey: []}]", "", "", "/a"},
		{"{type: http, scheme: bearer}", "[]", "", "", "/a"},
		{"{type: mutualTLS}", "[{apiKey: []}]", "", "", "/a"},
		{"{type: http, scheme: bearer}", "[{other: []}]", "", "", "/a"},
	} {
		data := fmt.Sprintf("%s\nsecurity: %s\ncomponents: {securitySchemes: {apiKey: %s}}\n",
			document("/a: {get: {}}"), row.security, row.scheme)
		s, text := parsed(t, []byte(data), openapi.Options{})
		r := s.Workloads[0].Requests[0]
		assert.Equal(t, row.path, r.Path)
		var want []suite.Pair
		if row.header != "" {
			want = []suite.Pair{{Name: row.header, Value: row.value}}
		}
		assert.Equal(t, want, r.Headers, data)
		if strings.HasPrefix(row.security, "[{}") {
			assert.Contains(t, text, `# with credentials: headers: {Authorization: "Bearer ${env.API_KEY}"}`)
		}
	}
}

func TestTheServerOfTheDocument(t *testing.T) {
	const variables = "variables: {region: {default: eu}, base: {default: v2}}"
	for _, row := range []struct{ servers, want string }{
		{"[{url: 'http://127.0.0.1:9000/v1'}]", "http://127.0.0.1:9000/v1/a"},
		{"[{url: 'https://api.example.com/v1'}, {url: 'http://localhost:9000/dev'}]", "http://localhost:9000/dev/a"},
		{"[{url: 'https://{region}.example.com/{base}', " + variables + "}]", "http://127.0.0.1:8080/v2/a"},
		{"[{url: /api}]", "http://127.0.0.1:8080/api/a"},
		{"[]", "http://127.0.0.1:8080/a"},
	} {
		s, _ := parsed(t, append(document("/a: {get: {}}"), "servers: "+row.servers+"\n"...), openapi.Options{})
		assert.Equal(t, row.want, s.System.URL+s.Workloads[0].Requests[0].Path, row.servers)
	}
}

func TestOnlyTheNamedPaths(t *testing.T) {
	data := document("/orders: {get: {}}\n/orders/{id}: {get: {}}\n/users: {get: {}}")
	s, _ := parsed(t, data, openapi.Options{Paths: []string{"/orders"}})
	assert.Len(t, s.Workloads[0].Requests, 2)
	_, err := openapi.Read("api.yaml", data, openapi.Options{Paths: []string{"/nothing"}})
	assert.ErrorContains(t, err, "below the named paths")
}

// bad are documents of which nothing can be drafted.
var bad = map[string]struct{ text, why string }{
	"nothing":           {"", "api.yaml"},
	"no YAML":           {"openapi: [", "cannot be read as OpenAPI"},
	"a list":            {"[1, 2]", "cannot be read as OpenAPI"},
	"Swagger 2":         {"swagger: '2.0'\npaths: {/a: {get: {}}}", "no OpenAPI 3 document"},
	"OpenAPI 4":         {"openapi: 4.0.0\npaths: {/a: {get: {}}}", "no OpenAPI 3 document"},
	"no paths":          {"openapi: 3.0.0", "describes no operation"},
	"paths without any": {"openapi: 3.0.0\npaths: {/a: {}}", "describes no operation"},
	"only writes":       {"openapi: 3.0.0\npaths: {/a: {post: {}}}", "--writes"},
	"another document": {
		"openapi: 3.0.0\npaths: {/a: {$ref: 'other.yaml#/a'}}", "refers to another document, other.yaml#/a",
	},
	"another host": {
		"openapi: 3.0.0\npaths: {/a: {get: {responses: {'200': {$ref: 'http://127.0.0.1:1/x.yaml#/a'}}}}}",
		"refers to another document",
	},
	"a dangling reference": {
		"openapi: 3.0.0\npaths: {/a: {get: {responses: {'200': {$ref: '#/components/responses/x'}}}}}",
		"cannot be read as OpenAPI",
	},
	"only left out": {"openapi: 3.0.0\npaths: {'/a#b': {get: {}}}", "what follows a #"},
}

func TestBadDocumentsAreRefused(t *testing.T) {
	for name, row := range bad {
		d, err := openapi.Read("api.yaml", []byte(row.text), openapi.Options{})
		if err == nil {
			_, err = d.Suite()
		}
		assert.ErrorContains(t, err, row.why, name)
	}
	_, err := openapi.Read("api.yaml", make([]byte, draft.MaxInput+1), openapi.Options{})
	assert.ErrorContains(t, err, "more than 50 MiB")
}

func TestReferencesThatGoInCirclesEnd(t *testing.T) {
	for _, text := range []string{
		"openapi: 3.0.0\npaths: {/a: {$ref: '#/paths/~1a'}}",
		"openapi: 3.0.0\npaths: {/a: {get: {parameters: [{$ref: '#/components/parameters/x'}]}}}\n" +
			"components: {parameters: {x: {$ref: '#/components/parameters/x'}}}",
		"openapi: 3.0.0\npaths: {/a: {get: {parameters: [{name: x, in: query, required: true, schema: {$ref: " +
			"'#/components/schemas/x'}}]}}}\ncomponents: {schemas: {x: {$ref: '#/components/schemas/y'}, y: {$ref: " +
			"'#/components/schemas/x'}}}",
		"openapi: 3.0.0\npaths: {/a: {get: {parameters: [{name: x, in: query, required: true, schema: {$ref: " +
			"'#/components/schemas/x'}}]}}}\ncomponents: {schemas: {x: {allOf: [{$ref: '#/components/schemas/x'}, " +
			"{oneOf: [{$ref: '#/components/schemas/x'}]}]}}}",
		"openapi: 3.0.0\npaths: &a {/a: *a}",
	} {
		requireHonest(t, []byte(text))
	}
}

// requireHonest reads whatever it is: there is an error, or a suite that can be used.
func requireHonest(t *testing.T, data []byte) {
	t.Helper()
	for _, writes := range []bool{false, true} {
		d, err := openapi.Read("api.yaml", data, openapi.Options{Writes: writes})
		if err != nil {
			continue
		}
		text, err := d.Suite()
		if err != nil {
			require.ErrorContains(t, err, "no request that a suite can hold")
			continue
		}
		s, err := suite.Parse("drafted", text)
		require.NoError(t, err)
		requireUsable(t, s)
	}
}

func FuzzRead(f *testing.F) {
	for _, row := range bad {
		f.Add([]byte(row.text))
	}
	f.Add(
		document(
			"/a/{id}: {get: {summary: x, parameters: [{name: id, in: path, required: true, schema: {type: integer, " +
				"minimum: 1, maximum: 9}}, {name: q, in: query, required: true, schema: {type: array, items: {type: " +
				"string}}}]}, post: {requestBody: {content: {application/json: {schema: {type: object, required: " +
				"[a], properties: {a: {type: string}}}}}}}}",
		),
	)
	f.Add([]byte(`{"openapi":"3.1.0","servers":[{"url":"http://localhost:1/{v}","variables":{"v":{"default":"x"}}}],"paths":{"/a b/{x}":{"get":{"operationId":"A-1","security":[{"k":[]}],"parameters":[{"name":"h","in":"header","required":true,"example":"${seq}\n"},{"name":"c","in":"cookie","required":true,"example":{"a":[1,null]}}],"responses":{"200":{"content":{"application/json":{}}}}}}},"components":{"securitySchemes":{"k":{"type":"apiKey","in":"query","name":"k y"}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("large")
		}
		requireHonest(t, data)
	})
}
